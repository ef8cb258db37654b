import 'reflect-metadata'; // what the next one's decorators are written with
import { createPrivateKey, webcrypto, type KeyObject } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** What a certificate is made for. */
export interface Wanted {
  /** As RFC 4514 writes it: "CN=orders". */
  subject: string;
  dnsNames: readonly string[];
  /** Seconds. */
  lifetime: number;
}

/** Clocks differ: it is valid from a little earlier on. */
const earlierMs = 5 * 60_000;
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Which algorithm a key signs by; undefined of one that signs no certificates here. */
function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  const curves: Record<string, typeof ecdsa> = {
    prime256v1: ecdsa,
    secp384r1: { ...ecdsa, namedCurve: 'P-384', hash: 'SHA-384' },
    secp521r1: { ...ecdsa, namedCurve: 'P-521', hash: 'SHA-512' },
  };
  if (type === 'ec') return curves[details?.namedCurve ?? ''];
  if (type === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return type === 'ed25519' ? { name: 'Ed25519' } : undefined;
}

/** Whether certificates can be signed by this key. */
export function maySign(key: KeyObject): boolean {
  return algorithmOf(key) !== undefined;
}

/**
 * Makes a key pair and a certificate for it, both as PEM. The key never leaves this process but to its caller.
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2
 */
export async function issueCertificate(
  ca: { certificate: string; key: KeyObject },
  { subject, dnsNames, lifetime }: Wanted,
): Promise<{ certificate: string; key: string }> {
  const signingAlgorithm = algorithmOf(ca.key) ?? ecdsa;
  const der = ca.key.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, signingAlgorithm, false, ['sign']);
  const issuer = new X509Certificate(ca.certificate);
  const pair = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const now = Date.now();
  const made = await X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer.subjectName,
      notBefore: new Date(now - earlierMs),
      notAfter: new Date(now + lifetime * 1000),
      publicKey: pair.publicKey,
      ...{ signingKey, signingAlgorithm },
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value }))),
        await AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        await SubjectKeyIdentifierExtension.create(pair.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { certificate: `${made.toString('pem')}\n`, key: key.export({ type: 'pkcs8', format: 'pem' }) as string };
}
