import { readFileSync } from 'node:fs';
import type { Nodes } from './cluster/choose-nodes.js';
import type { StackLayout } from './layout.js';
import { writeAtomically } from './write-file.js';

/** What a running stack hands to programs: the environment variables that lead to its servers. */
export interface StackEnvironment {
  KUBECONFIG: string;
  TEMPORAL_ADDRESS: string;
  TEMPORAL_NAMESPACE: string;
  TEMPORAL_UI_URL: string;
  PROMETHEUS_URL: string;
  GATEWAY_URL: string;
  RUNBOOK_KEYRING: string;
  RUNBOOK_TOKEN_DIRECTORY: string;
  S3_URL: string;
  /** The same store as S3_URL; empty when S3_URL is given and has no TLS. */
  S3_TLS_URL: string;
  S3_REPLICA_URL: string;
  /** HOST:PORT; empty where PostgreSQL is not installed and cannot be. The password stands in the tokens. */
  POSTGRES_ADDRESS: string;
  /** The configuration of pgBackRest for the stack's own PostgreSQL and S3, by pgBackRest's own name for it; empty without one of them. */
  PGBACKREST_CONFIG: string;
  /** Whom backups are encrypted to; empty where age is not installed and cannot be. */
  BACKUP_RECIPIENT: string;
  /** The same, with its identity where no worker reads it. */
  BACKUP_OFFLINE_RECIPIENT: string;
}

/** One server of the stack as a person sees it. */
export interface ServerRecord {
  name: string;
  address: string;
  log: string;
  /** Set when it ended although nobody stopped it; it is not started again. */
  ended?: string;
}

/** The phases of a stack, in order; `failed` and `stopped` are final. */
export type StackPhase = 'starting' | 'ready' | 'failed' | 'stopping' | 'stopped';

/** What the guardian writes down about the stack; holders read it. */
export interface StackState {
  phase: StackPhase;
  environment: StackEnvironment;
  nodes: Nodes;
  servers: ServerRecord[];
  error?: string;
}

/** The state as last written; undefined if there has never been a stack of this name. */
export function readState(layout: StackLayout): StackState | undefined {
  try {
    return JSON.parse(readFileSync(layout.state, 'utf8')) as StackState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the state for the holders. */
export async function writeState(layout: StackLayout, state: StackState): Promise<void> {
  await writeAtomically(layout.state, `${JSON.stringify(state, null, 2)}\n`, 0o600);
}
