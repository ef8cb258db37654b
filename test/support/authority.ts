import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** An authority for certificates, as PEM. */
export interface MadeAuthority {
  ca: string;
  caKey: string;
}

const algorithms = {
  prime256v1: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  secp384r1: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['rsa:2048'],
  ed25519: ['ed25519'],
};

/** Makes one, as an operator would. */
export async function makeAuthority({
  kind = 'prime256v1',
  days = 400,
}: { kind?: keyof typeof algorithms; days?: number } = {}): Promise<MadeAuthority> {
  const directory = await mkdtemp(join(tmpdir(), 'authority-'));
  const [file, keyFile] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  const key = ['-newkey', ...algorithms[kind], '-nodes', '-keyout', keyFile];
  const use = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const subject = ['-subj', `/O=Tests/CN=authority ${kind}`];
  await execa('openssl', ['req', '-x509', ...key, ...subject, ...use, '-days', String(days), '-out', file]);
  const [ca, caKey] = await Promise.all([readFile(file, 'utf8'), readFile(keyFile, 'utf8')]);
  await rm(directory, { recursive: true });
  return { ca, caKey };
}
