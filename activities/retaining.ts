import { RunbookError } from '../core/errors.js';
import type { Manifest } from '../core/manifest.js';
import { retentionHash } from '../policies/retention-hash.js';
import { planRetention, type RetentionPlan, type RetentionPolicy, type StoredBackup } from '../policies/retention.js';
import type { Backup } from '../runbooks/backup.js';
import type { ObjectStore } from '../systems/objects/store.js';
import { listBackups } from '../systems/vault/backup-list.js';
import { manifestKey } from '../systems/vault/manifest-file.js';
import {
  findAbandoned,
  readCondemned,
  readStoreTime,
  removeBackup,
  removeCondemned,
  writeCondemned,
} from '../systems/vault/removal.js';
import { asStream, readWhole } from '../systems/vault/whole-object.js';
import { sealedObjects } from './backing-up.js';
import { openPlace } from './backup-place.js';
import { beating } from './beating.js';
import type { SourceParts } from './sources.js';

/** What an unfinished backup is taken for dead after: a run that waits for people has the lock, so no other asks. */
const orphanSeconds = 2 * 86_400;
const uploadSeconds = 86_400;

/** With clocks that disagree by more, nobody knows how old anything is. */
const mostSkewMs = 3_600_000;

/** What a store says that will not let something go: a lock, or rights that the worker has not on purpose. */
const refusals = ['Forbidden', 'Refused', 'Conflict', 'ReadBackFailed'];

interface Place {
  store: ObjectStore;
  prefix: string;
}

const policyKey = (prefix: string) => `${prefix}/retention.json`;

/** The activity that keeps as many backups as the runbook says. */
export function createRetainingActivities({ tokens }: SourceParts) {
  return beating({
    /**
     * Condemns, pardons and removes backups, in the second bucket as in the first; says in a sentence what came of it. A policy that is
     * refused, and a store that lets nothing go, are told and are no failure. Can be repeated at any time.
     */
    async applyRetention({ runbook }: { runbook: Backup }): Promise<string> {
      const { retention, replica } = runbook;
      if (!retention) throw new RunbookError('InvalidRequest', 'retention: expected a policy, found none');
      const own = await openPlace(runbook, tokens);
      const copies = replica ? [await openPlace(runbook, tokens, replica)] : [];
      const now = await readStoreTime(own.store, own.prefix);
      if (Math.abs(now.getTime() - Date.now()) > mostSkewMs)
        return `nothing was condemned or removed: the store's clock says ${now.toISOString()}, this machine's ${new Date().toISOString()}`;
      const { confirmed, pardons, ...policy } = retention;
      const backups = await readStored(own, pardons).catch((error: unknown) => {
        if (error instanceof RunbookError && error.code === 'BackupCorrupt') return error.message;
        throw error;
      });
      // What it refers to is not known, and must not go.
      if (typeof backups === 'string') return `nothing was condemned or removed: ${backups}`;
      const plan = planRetention({
        backups,
        policy,
        now,
        confirmed: confirmed === retentionHash(policy),
        ...(await readPolicy(own)),
      });
      if (plan.refused !== undefined)
        return `nothing was condemned or removed: ${plan.refused}: retention.confirmed: "${retentionHash(policy)}"`;
      const told = await carryOut(plan, own, copies);
      for (const place of [own, ...copies]) told.push(...(await reap(place)));
      await own.store.put(policyKey(own.prefix), asStream(JSON.stringify(policy)));
      return [describe(plan), ...told].join('; ');
    },
  });
}

async function readPolicy({ store, prefix }: Place): Promise<{ previous?: RetentionPolicy }> {
  const text = await readWhole(store, policyKey(prefix));
  return text ? { previous: JSON.parse(text.toString('utf8')) as RetentionPolicy } : {};
}

type Pardons = NonNullable<Backup['retention']>['pardons'];

async function readStored({ store, prefix }: Place, pardons: Pardons): Promise<StoredBackup[]> {
  const stored: StoredBackup[] = [];
  for (const { id, states } of await listBackups(store, prefix)) {
    const condemned = await readCondemned(store, prefix, id);
    const pardon = pardons.find(({ backup }) => backup === id);
    stored.push({
      id,
      recoveryPoint: momentOf(id),
      state: states.at(-1) ?? 'committed',
      needs: await readNeeds(store, prefix, id),
      ...(condemned && { condemned }),
      ...(pardon && { pardon }),
    });
  }
  return stored;
}

/**
 * The earlier backups that hold objects of this one, whoever has signed it: a key that is replaced must set nothing free.
 * @throws RunbookError BackupCorrupt: its manifest cannot be read.
 */
async function readNeeds(store: ObjectStore, prefix: string, id: string): Promise<string[]> {
  const text = await readWhole(store, manifestKey(prefix, id));
  try {
    const { sources } = JSON.parse(text?.toString('utf8') ?? '{}') as Partial<Manifest>;
    return [...new Set(sealedObjects(sources).flatMap(({ of }) => of ?? []))];
  } catch {
    throw new RunbookError('BackupCorrupt', `${manifestKey(prefix, id)}: expected JSON, found something else`);
  }
}

/** An id begins with the time at which the backup began: no manifest has to be read to tell old from new. */
function momentOf(id: string): string {
  return id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6.000Z');
}

/** The copy goes first: what is left then still says that both are to go. */
async function carryOut(plan: RetentionPlan, own: Place, copies: readonly Place[]): Promise<string[]> {
  const told: string[] = [];
  for (const { id, at, until } of plan.condemn)
    told.push(...(await unlessRefused(id, () => writeCondemned(own.store, own.prefix, id, { at, until }))));
  for (const id of plan.pardon)
    told.push(...(await unlessRefused(id, () => removeCondemned(own.store, own.prefix, id))));
  for (const id of plan.remove)
    told.push(
      ...(await unlessRefused(id, async () => {
        for (const { store, prefix } of [...copies, own]) await removeBackup(store, prefix, id);
      })),
    );
  return told;
}

/** Removes what dead runs have left. */
async function reap(place: Place): Promise<string[]> {
  const { store, prefix } = place;
  const told: string[] = [];
  for (const id of await findAbandoned(store, prefix, await readStoreTime(store, prefix), orphanSeconds)) {
    const refused = await unlessRefused(id, () => removeBackup(store, prefix, id));
    told.push(...(refused.length > 0 ? refused : [`${id} was never finished, and is removed`]));
  }
  told.push(
    ...(await unlessRefused('abandoned uploads', async () => {
      await store.abandonUploads(`${prefix}/`, uploadSeconds);
    })),
  );
  return told;
}

/** What a store will not let go stays, and is told: trying again today would not help. */
async function unlessRefused(what: string, act: () => Promise<void>): Promise<string[]> {
  try {
    await act();
    return [];
  } catch (error) {
    if (error instanceof RunbookError && refusals.includes(error.code)) return [`${what} stays: ${error.message}`];
    throw error;
  }
}

function describe({ verdicts, condemn, pardon, remove }: RetentionPlan): string {
  const some = (ids: readonly string[]) => `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ' …' : ''}`;
  const kept = verdicts.filter(({ fate }) => fate === 'kept').length;
  const waiting = verdicts.length - kept - remove.length - condemn.length;
  const [first] = condemn;
  return [
    `${kept} kept`,
    ...(first
      ? [`${condemn.length} condemned until ${first.until.slice(0, 16)}Z: ${some(condemn.map(({ id }) => id))}`]
      : []),
    ...(waiting > 0 ? [`${waiting} condemned before`] : []),
    ...(pardon.length > 0 ? [`${pardon.length} pardoned: ${some(pardon)}`] : []),
    ...(remove.length > 0 ? [`${remove.length} removed: ${some(remove)}`] : []),
  ].join(', ');
}
