import type { SourceProof } from '../../core/manifest.js';
import type { Vault } from '../vault/vault.js';

/** A backup whose bytes were read back, and which the same keys open. */
export interface EarlierBackup {
  id: string;
  sources: SourceProof[];
  /** How many backups there are since one, itself included. */
  countSince: (id: string) => number;
}

/** How a source is sent. */
export interface Sending {
  /** The backup's own id: the same for every worker that works at it. */
  id: string;
  vault: Vault;
  signal: AbortSignal;
  /** Looks for what may be referred to instead of being stored once more; undefined: nothing. */
  findEarlier: () => Promise<EarlierBackup | undefined>;
  /** What a worker before this one has kept. */
  resume: unknown;
  /** Remembers, with each heartbeat, what another worker needs to go on. */
  keep: (progress: unknown) => void;
  /** So many more bytes were read, of so many in all as far as is known by now. */
  onProgress: (bytes: number, totalBytes?: number) => void;
}

/** How a proof is restored and compared. */
export interface Restoring {
  vault: Vault;
  streams: number;
  signal: AbortSignal;
  onProgress: (bytes: number, totalBytes?: number) => void;
}

/** What can be backed up. To add one: a schema in `runbooks/sources.ts`, a proof in `core/manifest.ts`, a file like this one's neighbours. */
export interface Source {
  /** What a plan shows: what there is, and how much. Fails where the backup would. */
  check(signal: AbortSignal): Promise<string[]>;
  backUp(sending: Sending): Promise<SourceProof[]>;
}

/** The place that a proof is restored into, and compared in. */
export interface Scratch {
  /** Takes down what an earlier try has left, and makes the place ready. */
  prepare(): Promise<void>;
  restore(restoring: Restoring): Promise<void>;
  /** The differences, in words that name what differs; none: it is the same. */
  compare(restoring: Restoring): Promise<string[]>;
  /** Leaves nothing of it. */
  remove(): Promise<void>;
}
