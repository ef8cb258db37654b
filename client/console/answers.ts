import type { CredentialStatus } from '../../core/credential.js';
import type { RunKind, RunRecord } from '../../core/record.js';
import type { LedgerEntry } from '../../policies/ledger.js';

// What the API answers, as far as it is shown. A test compares these types with those that the API itself is made of.

export interface Sender {
  name: string;
  via: string;
  groups: string[];
  roles: string[];
}

export interface Permitted {
  allowed: boolean;
  why: string;
}

export interface ListedRun {
  workflowId: string;
  runId: string;
  kind: RunKind;
  service: string;
  environment: string;
  state: string;
  waitingFor?: string;
  requestedBy?: string;
  startedAt: string;
  finishedAt?: string;
}

export interface RunPage {
  runs: ListedRun[];
  next?: string;
}

export interface SeenRun {
  record: RunRecord;
  withoutWorker: boolean;
}

export interface ListedSchedule {
  id: string;
  environment: string;
  service: string;
  times: string[];
  timeZone: string;
  paused: boolean;
  note?: string;
  lastAt?: string;
  nextAt?: string;
}

export interface Ledger {
  id: string;
  from: string;
  because: 'asked' | 'created' | 'changed' | 'retention' | 'most';
  to: string;
  entries: LedgerEntry[];
}

export interface Credentials {
  credentials: CredentialStatus[];
  at: string;
}
