import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { RunbookError } from '../../../../core/errors.js';
import type { Trial } from '../../../../core/credential.js';
import type { CredentialProvider } from '../../provider.js';
import type { SecretValue } from '../../secret-value.js';
import { issueCertificate, maySign, type Wanted } from './issue.js';

/** An authority of one's own, and what it signs. All of it as PEM. */
export interface Authority extends Wanted {
  /** One certificate, or several where an older one is trusted still. */
  ca: string;
  caKey: string;
}

/** As a Secret of type kubernetes.io/tls names them: https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets */
const [certificateKey, trustedKey] = ['tls.crt', 'ca.crt'];

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates of an own authority, with their private keys. Nobody can end one: it is used by nobody, and ends by itself. */
export function openAuthority({ ca, caKey, ...wanted }: Authority): CredentialProvider {
  const trusted = readTrusted(ca);
  const { issuer, key } = findIssuer(trusted, caKey);
  const where = `authority ${nameOf(issuer.subject)}`;
  const endOf = (certificate: X509Certificate) => new Date(certificate.validTo).toISOString();
  return {
    where,
    noun: 'certificate',
    succession: 'beside',
    users: [],
    beside: [certificateKey, trustedKey],
    identify: (value) => ({ ...value, user: certificateOf(value)?.serialNumber ?? '' }),
    try: (value) => Promise.resolve(tryCertificate(value, trusted)),
    rehearse: () =>
      attempt(() => {
        const end = Date.now() + wanted.lifetime * 1000;
        if (Date.parse(issuer.validTo) >= end) return;
        throw new RunbookError(
          'Refused',
          `${where}: expected it to be valid until ${new Date(end).toISOString()}, for a certificate to last as long, found until ${endOf(issuer)}; renew the authority`,
        );
      }),
    async make() {
      const made = await issueCertificate({ certificate: issuer.toString(), key }, wanted);
      return {
        user: new X509Certificate(made.certificate).serialNumber,
        password: made.key,
        beside: { [certificateKey]: made.certificate, [trustedKey]: ca },
      };
    },
    /** It is in force since it is valid. */
    set: (value) => attempt(() => new Date(demandCertificate(value, where).validFrom).toISOString()),
    probe: (value) =>
      attempt(() => {
        const certificate = demandCertificate(value, where);
        const missing = wanted.dnsNames.filter(
          (name) => certificate.checkHost(name.replace(/^\*\./, 'any.')) === undefined,
        );
        if (missing.length === 0) return `is valid for ${wanted.dnsNames.join(', ')} until ${endOf(certificate)}`;
        throw new RunbookError(
          'Refused',
          `certificate ${value.user}: expected it to name ${wanted.dnsNames.join(', ')}, found that it lacks ${missing.join(', ')}`,
        );
      }),
    /** Only its key can be forgotten. */
    retire: () => Promise.resolve(),
    isRetired: () => Promise.resolve(undefined),
    expiryOf(value) {
      const certificate = certificateOf(value);
      return certificate ? endOf(certificate) : new Date(0).toISOString();
    },
  };
}

/** Nothing here is waited for; what goes wrong is told as elsewhere. */
function attempt<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work);
}

function readTrusted(ca: string): X509Certificate[] {
  try {
    const found = (ca.match(pem) ?? []).map((text) => new X509Certificate(text));
    if (found.length > 0 && found.every((each) => each.ca)) return found;
  } catch {
    // Said below, without what the file holds.
  }
  throw new RunbookError('InvalidSettings', 'provider.ca: expected certificates of authorities as PEM in the file');
}

function findIssuer(trusted: readonly X509Certificate[], caKey: string): { issuer: X509Certificate; key: KeyObject } {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(caKey);
  } catch {
    // The same.
  }
  if (!key || !maySign(key))
    throw new RunbookError(
      'InvalidSettings',
      'provider.caKey: expected a private key as PEM in the file, without a passphrase: RSA, ECDSA or Ed25519',
    );
  const own = key;
  const issuer = trusted.find((each) => each.checkPrivateKey(own));
  if (issuer) return { issuer, key };
  throw new RunbookError(
    'InvalidSettings',
    'provider.caKey: expected the key of one of the certificates in provider.ca',
  );
}

function certificateOf({ beside }: SecretValue): X509Certificate | undefined {
  try {
    return new X509Certificate(beside?.[certificateKey] ?? '');
  } catch {
    return undefined;
  }
}

function demandCertificate(value: SecretValue, where: string): X509Certificate {
  const certificate = certificateOf(value);
  if (certificate) return certificate;
  throw new RunbookError('Refused', `${where}: expected ${certificateKey} beside the key, found none; put it there`);
}

/** What whoever checks it would see: who signed it, its dates, and that the key is its own. */
function tryCertificate(value: SecretValue, trusted: readonly X509Certificate[]): Trial {
  const certificate = certificateOf(value);
  if (!certificate) return 'refused';
  const now = Date.now();
  const isValid = (each: X509Certificate) => Date.parse(each.validFrom) <= now && now <= Date.parse(each.validTo);
  const isSigned = trusted.some(
    (each) => isValid(each) && certificate.checkIssued(each) && certificate.verify(each.publicKey),
  );
  return isSigned && isValid(certificate) && hasKey(certificate, value.password) ? 'works' : 'refused';
}

function hasKey(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function nameOf(subject: string): string {
  return subject.split('\n').join(', ');
}
