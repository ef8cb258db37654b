import { createHash, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { scramVerifier } from '../../../systems/credentials/providers/postgres/scram.js';

// The exchange of https://www.rfc-editor.org/rfc/rfc7677#section-3
const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const exchange = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;

test('both keys of the verifier are those of the RFC’s example', () => {
  const verifier = scramVerifier('pencil', Buffer.from(salt, 'base64'));
  const [, storedKey = '', serverKey = ''] =
    /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$([^:]+):(.+)$/.exec(verifier) ?? [];
  const sign = (key: Buffer) => createHmac('sha256', key).update(exchange).digest();
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
  const signature = sign(Buffer.from(storedKey, 'base64'));
  const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));

  expect(createHash('sha256').update(clientKey).digest('base64')).toBe(storedKey);
  expect(sign(Buffer.from(serverKey, 'base64')).toString('base64')).toBe(
    '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  );
});

test('one password has another verifier each time, and none holds it', () => {
  const [one, other] = [scramVerifier('pencil'), scramVerifier('pencil')];

  expect(one).not.toBe(other);
  expect(one).not.toContain('pencil');
});
