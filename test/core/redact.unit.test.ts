import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redact, redactValues } from '../../core/redact.js';

/** Passwords as people and generators make them: no space, quote or separator of the format around them. */
const password = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~+!*-]{7,40}$/);

/** What may follow "Bearer" and "Basic" (RFC 9110: token68). */
const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{8,40}={0,2}$/);

type Format = (secret: string) => string;

function expectNothingLeft(format: Format, secrets = password): void {
  fc.assert(
    fc.property(secrets, (secret) => {
      const clean = redact(`before ${format(secret)} after`);

      expect(clean).not.toContain(secret);
      expect(clean).toMatch(/^before .* ?after$/s);
    }),
  );
}

describe('a planted password never survives', () => {
  test.each<[string, Format]>([
    ['in an address', (secret) => `postgres://shop:${secret}@db.shop:5432/shop`],
    ['in an address without a user', (secret) => `redis://:${secret}@cache:6379`],
    ['in an address in brackets', (secret) => `(https://bob:${secret}@git.local/x.git)`],
    ['as key=value', (secret) => `password=${secret}`],
    ['as Key = value', (secret) => `Password = ${secret}`],
    ['as a YAML field', (secret) => `password: ${secret}`],
    ['in double quotes', (secret) => `token="${secret}"`],
    ['in double quotes, with a space', (secret) => `token="${secret} and ${secret}"`],
    ['in single quotes', (secret) => `secret='${secret}'`],
    ['in a query', (secret) => `https://x/y?api_key=${secret}&z=1`],
    ['in a connection string', (secret) => `host=db password=${secret} dbname=shop`],
  ])('%s', (_, format) => {
    expectNothingLeft(format);
  });
});

describe('a planted password never survives in the forms of environments and JSON', () => {
  test.each<[string, Format]>([
    ['in a variable with a prefix', (secret) => `DB_PASSWORD=${secret}`],
    ['in PostgreSQL’s variable', (secret) => `PGPASSWORD=${secret}`],
    ['in a variable with a suffix', (secret) => `AWS_SECRET_ACCESS_KEY=${secret}`],
    ['as an access token', (secret) => `access_token=${secret}`],
    ['in JSON', (secret) => `{"password": "${secret}"}`],
    ['in JSON without spaces', (secret) => `{"token":"${secret}"}`],
    ['in an address, with an @', (secret) => `postgres://shop:p@${secret}@db.shop:5432/shop`],
    ['in an address, with a slash', (secret) => `postgres://shop:p/${secret}@db.shop:5432/shop`],
    ['as an option of a command', (secret) => `psql --password ${secret}`],
  ])('%s', (_, format) => {
    expectNothingLeft(format);
  });
});

test.each<[string, Format]>([
  ['as a bearer token', (secret) => `Bearer ${secret}`],
  ['as a bearer token in lower case', (secret) => `bearer ${secret}`],
  ['in a header', (secret) => `Authorization: Bearer ${secret}`],
  ['as basic authorization', (secret) => `Authorization: Basic ${secret}`],
  ['in the headers of a JSON log', (secret) => `{"authorization":"Bearer ${secret}"}`],
])('a planted token never survives: %s', (_, format) => {
  expectNothingLeft(format, token);
});

const pem = (kind: string, body: string) => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----`;

test.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'])(
  'a PEM block of %s never survives',
  (kind) => {
    fc.assert(
      fc.property(fc.array(password, { minLength: 1, maxLength: 5 }), (lines) => {
        const clean = redact(`read ${pem(kind, lines.join('\n'))} from disk`);

        expect(clean).toBe('read ••• from disk');
      }),
    );
  },
);

test('a PEM block whose end was cut off never survives', () => {
  expect(redact('read -----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIH')).not.toContain('MC4CAQAwBQYDK2Vw');
});

test('a certificate is no secret and stays', () => {
  const certificate = pem('CERTIFICATE', 'MIIB');

  expect(redact(certificate)).toBe(certificate);
});

test.each([
  'shop/web: 2 of 3 pods ready after 10m (ImagePullBackOff: shop:v9 not found)',
  'http://web.shop.local:8080/health answered 502',
  'password authentication failed for user "shop"',
  'the token has expired',
  'INFO [alembic.runtime.migration] Running upgrade 1a2b -> 3c4d, add the secret column',
])('an ordinary message stays as it is: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test('what is clean already stays as it is', () => {
  fc.assert(
    fc.property(password, (secret) => {
      const once = redact(`postgres://a:${secret}@b password=${secret} Bearer ${secret}`);

      expect(redact(once)).toBe(once);
    }),
  );
});

test.each([
  ['letters', 'x'],
  ['dashes', '-'],
  ['options', '--a'],
  ['dots', 'a.'],
  ['passwords', 'password'],
])('a megabyte of %s without a space does not hold the worker up', (_, text) => {
  const line = text.repeat(Math.ceil(1_000_000 / text.length));

  expect(redact(line)).toBe(line);
});

const value = 'PLANTED/"of 9c51=d2';

test.each([
  ['as it is', `refused ${value}!`, 'refused •••!'],
  ['in JSON', `refused ${JSON.stringify({ value })}`, 'refused {"value":"•••"}'],
  ['in a URL', `refused /?value=${encodeURIComponent(value)}&a`, 'refused /?value=•••&a'],
  ['in base64', `refused ${Buffer.from(value).toString('base64')}.`, 'refused •••.'],
  ['cut off', `refused ${value.slice(0, 12)} (HTTP 400)`, 'refused ••• (HTTP 400)'],
  ['twice', `${value}${value.slice(0, 9)}`, '••••••'],
])('a value that is known is taken out %s', (_, said, clean) => {
  expect(redactValues(said, [value])).toBe(clean);
});

test('what is not the value stays', () => {
  expect(redactValues('refused PLANTED; a', [value, 'a', ''])).toBe('refused PLANTED; a');
});
