import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import { RunbookError } from '../../../core/errors.js';
import { resources, type KubernetesApi } from '../../kubernetes/api.js';
import type { Metadata, Service } from '../../kubernetes/objects.js';

/** The Service of a controller of sealed-secrets. */
export interface SealingController {
  namespace: string;
  name: string;
}

/**
 * The certificate that a controller wants Secrets sealed with, as kubeseal asks for it: by way of the API server.
 * @throws RunbookError NotFound, Forbidden, Refused (one that has expired), ClusterUnreachable.
 */
export async function readSealingCertificate(
  api: KubernetesApi,
  { namespace, name }: SealingController,
): Promise<X509Certificate> {
  const { spec } = await api.read<Service>(resources.services, namespace, name);
  const where = `sealed-secrets controller ${namespace}/${name}`;
  const certificate = parse(
    await api.proxiedService(namespace, name, spec.ports?.[0]?.name ?? '', '/v1/cert.pem'),
    where,
  );
  if (certificate.publicKey.asymmetricKeyType === 'rsa' && new Date(certificate.validTo) > new Date())
    return certificate;
  throw new RunbookError(
    'Refused',
    `${where}: expected a certificate for RSA, found it valid to ${certificate.validTo}`,
  );
}

function parse(text: string, where: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new RunbookError('Refused', `${where}: expected a certificate as PEM, found something else; check its name`);
  }
}

const scope = (annotations: Metadata['annotations'], which: string) =>
  annotations?.[`sealedsecrets.bitnami.com/${which}`] === 'true';

/** What a sealed value is bound to: it can be opened under this name only, where its owner has not said otherwise. */
export function labelOf({ namespace, name, annotations }: Metadata): string {
  if (scope(annotations, 'cluster-wide')) return '';
  return scope(annotations, 'namespace-wide') ? namespace : `${namespace}/${name}`;
}

/**
 * Seals one value: a key for this value alone, wrapped by RSA-OAEP, its length before it, and the value by AES-256-GCM under that key.
 * @see https://github.com/bitnami/sealed-secrets/blob/main/docs/developer/crypto.md
 */
export function seal(certificate: X509Certificate, label: string, value: string): string {
  const key = randomBytes(32);
  const { RSA_PKCS1_OAEP_PADDING: padding } = constants;
  const wrapped = publicEncrypt(
    { key: certificate.publicKey, padding, oaepHash: 'sha256', oaepLabel: Buffer.from(label) },
    key,
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrapped.length);
  // Each key seals one value, so the nonce need not differ.
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
  const sealed = [cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([length, wrapped, ...sealed]).toString('base64');
}
