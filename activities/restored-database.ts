import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { Manifest, PostgresProof, SourceProof } from '../core/manifest.js';
import type { ByteProgress, Change, Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import type { Backup } from '../runbooks/backup.js';
import type { Drill } from '../runbooks/drill.js';
import { restoreRoles } from '../systems/sources/postgres/globals.js';
import type { Launch } from '../systems/sources/postgres/launch.js';
import { scratchDatabase } from '../systems/sources/postgres/scratch.js';
import { Session } from '../systems/sources/postgres/session.js';
import type { Scratch } from '../systems/sources/source.js';
import { listBackups } from '../systems/vault/backup-list.js';
import { readManifest } from '../systems/vault/manifest-file.js';
import type { Vault } from '../systems/vault/vault.js';
import { sealedObjects } from './backing-up.js';
import { openPlace, type BackupPlace } from './backup-place.js';
import { reporting } from './reporting.js';

/** A backup that is to come back. */
export interface OpenedBackup {
  manifest: Manifest;
  place: BackupPlace;
}

/** Reads what a backup holds. @throws RunbookError NotFound, BackupCorrupt, and those of the store. */
export async function readBackup(runbook: Backup, id: string, tokens: string): Promise<OpenedBackup> {
  const place = await openPlace(runbook, tokens);
  return { place, manifest: await readManifest(place.store, place.prefix, id, place.signingKey.publicKey) };
}

/** The backup that is meant: the newest, one at random, or one by its id. @throws RunbookError NotFound. */
export async function chooseBackup(runbook: Backup, which: string, tokens: string): Promise<string> {
  const { store, prefix } = await openPlace(runbook, tokens);
  const ids = (await listBackups(store, prefix)).map(({ id }) => id);
  const at = { newest: 0, random: Math.floor(Math.random() * ids.length) }[which];
  const found = at === undefined ? ids.find((id) => id === which) : ids[at];
  if (found !== undefined) return found;
  const known = ids.length === 0 ? 'none' : `only ${ids.slice(0, 5).join(', ')}`;
  const where = `backups of ${runbook.service} in ${runbook.environment}`;
  throw new RunbookError('NotFound', `${where}: expected ${which}, found ${known}`);
}

export function databasesOf({ sources }: Manifest): PostgresProof[] {
  return sources.filter((proof): proof is PostgresProof => proof.kind === 'postgres');
}

/** What a database of a backup is called: by its name, and as SOURCE/NAME where two sources have one of that name. */
export function callDatabase({ name, database }: PostgresProof, manifest: Manifest): string {
  const alone = databasesOf(manifest).filter((each) => each.database === database).length === 1;
  return alone ? database : `${name}/${database}`;
}

/** The database that is called so. @throws RunbookError NotFound where the backup has none, or several. */
export function proofOf(manifest: Manifest, called: string): PostgresProof {
  const proofs = databasesOf(manifest);
  const proof = proofs.find((each) => callDatabase(each, manifest) === called);
  if (proof) return proof;
  const known = proofs.map((each) => callDatabase(each, manifest)).join(', ') || 'none';
  throw new RunbookError('NotFound', `database ${called}: expected one of backup ${manifest.id}, found only ${known}`);
}

/** Makes the roles that are missing, so that what is restored has its owners. */
export async function makeRoles(launch: Launch, { manifest, place }: OpenedBackup): Promise<string> {
  let roles = 0;
  for (const proof of manifest.sources)
    if (proof.kind === 'globals')
      roles += await restoreRoles(launch, proof, place.vault(manifest.id), AbortSignal.timeout(300_000));
  return `${roles} roles`;
}

/** One database on its way back. */
export interface RestoredDatabase {
  launch: Launch;
  proof: PostgresProof;
  scratch: Scratch & { database: string };
  vault: Vault;
  streams: number;
}

/** A database that is asked, wherever it came back to. */
export interface AskedDatabase {
  launch: Launch;
  scratch: { database: string };
}

/** Which database of which backup, and where it comes back to. */
export interface WayBack {
  runbook: { backup: Backup; streams: number };
  backup: string;
  called: string;
  launch: Launch;
  /** Its name until it is whole. */
  scratchName: string;
}

/** Opens one database of a backup, and its place on the server that it comes back to. */
export async function openDatabase(way: WayBack, tokens: string): Promise<RestoredDatabase> {
  const { runbook, backup, called, launch } = way;
  const { manifest, place } = await readBackup(runbook.backup, backup, tokens);
  const proof = proofOf(manifest, called);
  const scratch = scratchDatabase(launch, proof, way.scratchName);
  return { launch, proof, scratch, vault: place.vault(backup), streams: runbook.streams };
}

/** What a way back would do. */
export interface PlannedReturn {
  kind: 'drill' | 'restore';
  changes: Change[];
  wayBack: string;
  /** What comes back. */
  proofs: SourceProof[];
  notes?: string[];
}

/** The plan of a drill or a restore, with its hash. */
export function planReturn(
  { service, environment }: { service: string; environment: string },
  { recoveryPoint }: Manifest,
  { kind, changes, wayBack, proofs, notes = [] }: PlannedReturn,
): Plan {
  const sealed = sealedObjects(proofs).reduce((sum, object) => sum + object.plainBytes, 0);
  const bytes = proofs.reduce((sum, proof) => sum + (proof.kind === 'pgbackrest' ? proof.bytes : 0), sealed);
  const plan: Omit<Plan, 'hash'> = {
    ...{ kind, subject: `${service} in ${environment}`, changes, wayBack },
    notes: [`${formatBytes(bytes)} of ${recoveryPoint}`, ...notes],
  };
  return { ...plan, hash: hashPlan(plan) };
}

type Check = Drill['checks'][number];

/** Asks each check of the database that it names; answers what is wrong with the first that does not hold. */
export async function findFault(
  checks: Check[],
  open: (called: string) => Promise<AskedDatabase>,
): Promise<string | undefined> {
  for (const { name, database, sql, expect } of checks) {
    const found = await askReadOnly(await open(database), sql);
    if (found !== expect) return `check ${name}: expected ${JSON.stringify(expect)}, found ${JSON.stringify(found)}`;
  }
  return undefined;
}

function startOf(doing: string, { tables: _, ...proof }: PostgresProof): ByteProgress {
  return { doing, bytes: 0, totalBytes: sealedObjects(proof).reduce((sum, object) => sum + object.plainBytes, 0) };
}

function work<T>(
  doing: string,
  { proof, vault, streams }: RestoredDatabase,
  act: (restoring: Parameters<Scratch['restore']>[0]) => Promise<T>,
) {
  const progress = startOf(`${doing} ${proof.database}`, proof);
  const onProgress = (bytes: number) => {
    progress.bytes += bytes;
  };
  return reporting(progress, async ({ signal }) => ({
    result: await act({ vault, streams, signal, onProgress }),
    bytes: progress.bytes,
  }));
}

/** Restores one database from nothing: what a try before has left is removed first. */
export async function restoreOne(database: RestoredDatabase): Promise<string> {
  const { scratch, proof } = database;
  await scratch.prepare();
  const { bytes } = await work('restore', database, (restoring) => scratch.restore(restoring));
  return `${formatBytes(bytes)}, ${proof.tables.length} tables`;
}

/** Compares one with the backup's proof. @throws RunbookError BackupCorrupt with the first differences. */
export async function compareOne(database: RestoredDatabase): Promise<string> {
  const { scratch, proof } = database;
  const { result } = await work('compare', database, (restoring) => scratch.compare(restoring));
  const rows = proof.tables.reduce((total, table) => total + table.rows, 0);
  if (result.length === 0) return `${proof.tables.length} tables, ${rows} rows: the same`;
  const shown = result.slice(0, 10).join('; ');
  throw new RunbookError('BackupCorrupt', `database ${proof.database}: ${result.length} difference(s): ${shown}`);
}

/** One value of a restored database; nothing is changed. */
export async function askReadOnly({ launch, scratch }: AskedDatabase, sql: string): Promise<string> {
  const session = await Session.open(launch, scratch.database);
  try {
    // The runbook is UTF-8, whatever the database is.
    const settings =
      "set client_encoding = 'UTF8'; set default_transaction_read_only = on; set statement_timeout = 60000";
    await session.run(settings);
    return await session.run(sql);
  } finally {
    await session.close();
  }
}
