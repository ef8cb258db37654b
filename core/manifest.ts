/** One object of a backup as it lies in the store: compressed by zstd, then encrypted by age. */
export interface SealedObject {
  /** Below the backup's own prefix, or that of the one that it is of. */
  key: string;
  /** The earlier backup that has stored it; none: this one has. */
  of?: string;
  /** As stored. */
  bytes: number;
  /** Of the stored bytes, hexadecimal. */
  sha256: string;
  /** Before compression. */
  plainBytes: number;
}

/** What a restored table is compared with: taken in the dump's own snapshot. */
export interface TableProof {
  /** The archive's number of its rows. */
  dumpId: number;
  schema: string;
  name: string;
  rows: number;
  /** The sum of a 64-bit hash of each row as COPY writes it, so that the order of rows does not matter; 16 hexadecimal digits. */
  hash: string;
}

/** Rows that a part holds of one table, from one block of its file on and up to another one. */
export interface StretchProof {
  dumpId: number;
  from?: number;
  to?: number;
  rows: number;
  /** As that of a table. */
  hash: string;
}

/** A part of an archive: whole blocks of tables, or a stretch of one. */
export interface ArchivePart extends SealedObject {
  /** What a later backup tells by that it has not changed; large objects have none. */
  stretches?: StretchProof[];
  /** The archive's number of the block that it begins with. */
  dumpId: number;
  /** Set where it goes on with a block that an earlier part began. */
  continues?: true;
}

/** A database as `pg_restore` takes it: the table of contents and then the parts, in this order, are one archive of format custom. */
export interface PostgresProof {
  kind: 'postgres';
  name: string;
  database: string;
  /** The server's own number: what is restored goes to another one. */
  systemIdentifier: string;
  serverVersion: string;
  dumpVersion: string;
  /** Where the server's log stood when the snapshot was taken. */
  lsn: string;
  snapshotAt: string;
  /** The oldest transaction that was not over in the snapshot, by the number of 64 bits: what came later has a higher one. */
  oldestTransaction: string;
  /** SHA-256 over what the table of contents says of every object but data. */
  catalogue: string;
  contents: SealedObject;
  /** Rows of tables and large objects, in the order of the archive. */
  parts: ArchivePart[];
  tables: TableProof[];
}

/** Roles, their memberships and tablespaces of a server, as pg_dumpall --globals-only writes them. */
export interface GlobalsProof {
  kind: 'globals';
  name: string;
  statements: SealedObject;
}

/** Files below some folders, as one tar. */
export interface FilesProof {
  kind: 'files';
  name: string;
  archive: SealedObject;
  /** Every entry with its path, size, mode, time and hash, a line each: sealed, for a hash tells a short secret. */
  inventory: SealedObject;
  entries: number;
  bytes: number;
}

/** The objects of a namespace, as one YAML stream that `kubectl apply -f -` takes. */
export interface KubernetesProof {
  kind: 'kubernetes';
  name: string;
  namespace: string;
  /** What a restored namespace is compared with as well. */
  objects: SealedObject;
  /** In the order of the stream. */
  entries: Array<{ apiVersion: string; kind: string; name: string }>;
}

/** A bucket that was copied, object by object, to another one. */
export interface BucketProof {
  kind: 'bucket';
  name: string;
  from: string;
  to: string;
  objects: number;
  bytes: number;
  /** Every object with its version, size and hash, a line each. */
  inventory: SealedObject;
}

/** A database cluster's files, kept by pgBackRest in a repository of its own. */
export interface PgBackRestProof {
  kind: 'pgbackrest';
  name: string;
  stanza: string;
  label: string;
  type: 'full' | 'diff' | 'incr';
  /** Labels of the earlier backups whose files it refers to. */
  references: string[];
  /** Of the whole cluster. */
  bytes: number;
  /** What this one added to the repository. */
  storedBytes: number;
  /** The cluster's own number. */
  systemIdentifier: string;
  /** The major version. */
  serverVersion: string;
  /** The archive's folder of the log that it needs, and its first and its last segment. */
  archive: string;
  archiveStart: string;
  archiveStop: string;
  startLsn: string;
  /** The earliest point that it can be restored to. */
  stopLsn: string;
  stoppedAt: string;
}

export type SourceProof = PostgresProof | GlobalsProof | FilesProof | KubernetesProof | BucketProof | PgBackRestProof;

/** What makes a backup a backup: written last, signed. Everything that a restore needs, and everything it is compared with. */
export interface Manifest {
  version: 1;
  /** Sorts by time: `20260101T020000Z-1a2b3c4d`. */
  id: string;
  service: string;
  environment: string;
  runId: string;
  startedAt: string;
  /** The moment that a restore goes back to: the earliest of the sources'. */
  recoveryPoint: string;
  finishedAt: string;
  /** Public keys of whoever can open it. */
  recipients: string[];
  tools: Record<string, string>;
  sources: SourceProof[];
}

/** How much of a backup has been proven, least first. Each is a small object beside the manifest, written when it is true. */
export const backupStates = ['committed', 'replicated', 'verified', 'drilled'] as const;
export type BackupState = (typeof backupStates)[number];
