import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ValueError, type Payload, type PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';
import type { KeyRing } from './key-ring.js';

const encoding = 'binary/encrypted';
const keyIdField = 'encryption-key-id';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts payloads with AES-256-GCM (NIST SP 800-38D: a 96-bit random nonce, a 128-bit tag). The key's id stands in the
 * metadata, so keys can be changed while runs are open: old ones only decrypt. What is not encrypted passes through:
 * signals typed into the Temporal UI are plain.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly ring: KeyRing) {}

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.encrypt(payload)));
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.decrypt(payload)));
  }

  private encrypt(payload: Payload): Payload {
    const key = this.ring.keys.get(this.ring.current);
    if (!key) throw new ValueError(`key ring: the current key "${this.ring.current}" is missing`);
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
    const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return {
      metadata: { encoding: encode(encoding), [keyIdField]: encode(this.ring.current) },
      data: new Uint8Array(data),
    };
  }

  private decrypt(payload: Payload): Payload {
    if (!payload.metadata?.['encoding'] || decode(payload.metadata['encoding']) !== encoding) return payload;
    const id = payload.metadata[keyIdField] ? decode(payload.metadata[keyIdField]) : '';
    const key = this.ring.keys.get(id);
    if (!key) throw new ValueError(`key ring: no key "${id}" (has ${[...this.ring.keys.keys()].join(', ')})`);
    const data = payload.data ?? new Uint8Array();
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, ivBytes));
    decipher.setAuthTag(data.subarray(data.length - tagBytes));
    const plain = Buffer.concat([decipher.update(data.subarray(ivBytes, data.length - tagBytes)), decipher.final()]);
    return proto.temporal.api.common.v1.Payload.decode(plain);
  }
}
