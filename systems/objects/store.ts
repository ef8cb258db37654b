import { abandonUploads } from './abandoned-uploads.js';
import { connect } from './connect.js';
import type { ObjectDescription } from './description.js';
import { getObject, openObject } from './get.js';
import { headObject } from './head.js';
import { listFolders, listObjects } from './list.js';
import { putObject } from './put.js';
import { removeObjects } from './remove.js';

/** Where a bucket is, as a runbook says it. */
export interface StoreSpec {
  /** Address of an S3 server other than Amazon's; the bucket then stands in the path. */
  endpoint?: string | undefined;
  region: string;
  bucket: string;
  /** File of the token directory: {"accessKeyId", "secretAccessKey"}. */
  credentials: string;
  /** File of the token directory: the certificates, as PEM, that the server's must be signed by. */
  certificates?: string | undefined;
}

/** What may be said about one `put`. */
export interface PutOptions {
  signal?: AbortSignal | undefined;
  /** Is told how many bytes the store has acknowledged so far. */
  onProgress?: ((bytes: number) => void) | undefined;
  /** After so long without a byte taken, a part is sent again. */
  stallSeconds?: number | undefined;
  /** An object that is there already stays as it is: Conflict. */
  ifAbsent?: boolean | undefined;
  /** What is said of the object besides its bytes. */
  description?: ObjectDescription | undefined;
}

/** An object as a store gives it. */
export interface OpenedObject {
  body: AsyncIterable<Uint8Array>;
  bytes: number;
  etag: string;
  /** Where the bucket keeps versions. */
  version?: string;
  description: ObjectDescription;
}

/** What one `put` has stored. */
export interface StoredObject {
  bytes: number;
  /** Of the whole object, hexadecimal. */
  sha256: string;
}

/** A bucket. All of it throws RunbookError: Forbidden, NotFound, StoreFull, StoreUnreachable, Refused, Conflict. */
export interface ObjectStore {
  /** Streams an object of up to 2 TiB; it is there whole or not at all, and is read back. Memory: two parts. */
  put(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredObject>;
  /** The object's bytes; goes on after a broken connection, and throws where the body is cut short. */
  get(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** The same, with what the store says of the object. Whoever does not read the body must end it. */
  open(key: string): Promise<OpenedObject>;
  /** Size and, where the store knows it, hexadecimal SHA-256; undefined if there is none. */
  head(key: string): Promise<{ bytes: number; etag: string; sha256?: string } | undefined>;
  /** All objects whose keys begin so, in the order of keys. */
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date; etag: string }>;
  /** The folders directly below `prefix`, which ends with a slash or is empty; each ends with a slash too. */
  listFolders(prefix: string): AsyncIterable<string>;
  /** Takes objects away and reads back that they are gone; absent ones are fine. */
  remove(keys: string[]): Promise<void>;
  /** Aborts the multipart uploads that a killed worker has left, and answers how many. */
  abandonUploads(prefix: string, olderThanSeconds: number): Promise<number>;
}

/** How long calls are tried again while the store does not answer. */
const patienceSeconds = 60;

/**
 * Reads the credentials and makes a client; no request is sent yet.
 * @throws RunbookError InvalidSettings.
 */
export async function connectObjectStore(
  spec: StoreSpec,
  tokenDirectory: string,
  options: { patienceSeconds?: number } = {},
): Promise<ObjectStore> {
  const connection = await connect(spec, tokenDirectory, options.patienceSeconds ?? patienceSeconds);
  return {
    put: (key, body, options) => putObject(connection, key, body, options),
    get: (key) => getObject(connection, key),
    open: (key) => openObject(connection, key),
    async head(key) {
      const found = await headObject(connection, key);
      return (
        found && { bytes: found.bytes, etag: found.etag, ...(found.sha256 !== undefined && { sha256: found.sha256 }) }
      );
    },
    list: (prefix) => listObjects(connection, prefix),
    listFolders: (prefix) => listFolders(connection, prefix),
    remove: (keys) => removeObjects(connection, keys),
    abandonUploads: (prefix, olderThanSeconds) => abandonUploads(connection, prefix, olderThanSeconds),
  };
}
