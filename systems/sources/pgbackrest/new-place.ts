import {
  access,
  chmod,
  chown,
  constants,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes } from '../../../core/bytes.js';
import { messageOf, RunbookError } from '../../../core/errors.js';
import { checkParent, endAllIn, removeFolder } from './scratch-folder.js';

/** A folder that becomes a cluster, the run that makes it one, and what the backup calls the cluster. */
export interface NewPlace {
  into: string;
  run: string;
  name: string;
}

/** Until it is whole, a cluster is in a folder of the run's own, beside the one that it becomes: a name is given at once, by renaming. */
export function pathsOf({ into, run, name }: NewPlace) {
  const parent = dirname(into);
  return {
    ...{ into, parent, tablespaces: `${into}-tablespaces` },
    work: join(parent, `restore-${run.slice(-8)}-${name}`),
    // What a run has made under names that people use carries this file until all is done: nothing else is ever removed.
    mark: `.runbook-${run}`,
  };
}

const find = (path: string) => lstat(path).catch(() => undefined);
const has = async (path: string, name: string) => (await find(join(path, name))) !== undefined;

/** Looks whether a cluster of so many bytes can come back there. Changes nothing. @throws RunbookError Refused, Forbidden, StoreFull, InvalidSettings. */
export async function checkPlace({ into, name }: Omit<NewPlace, 'run'>, bytes: number): Promise<void> {
  const { parent, work, tablespaces } = pathsOf({ into, name, run: '0'.repeat(8) });
  const where = 'into.pgbackrest';
  await checkParent(parent, work);
  await access(parent, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    const found = messageOf(error);
    throw new RunbookError(
      'Forbidden',
      `${where}: expected the worker to be allowed to write to ${parent}, found ${found}`,
    );
  });
  await refuseTaken(into);
  if (await find(tablespaces))
    throw new RunbookError('Refused', `${where}: expected no ${tablespaces}, where its tablespaces go, found one`);
  const [own, above] = [await stat(into).catch(() => undefined), await stat(parent)];
  // It could not be given its name at once, and PostgreSQL advises against it:
  // https://www.postgresql.org/docs/current/creating-cluster.html#CREATING-CLUSTER-MOUNT-POINTS
  if (own && own.dev !== above.dev)
    throw new RunbookError(
      'InvalidSettings',
      `${where}: expected no mount point, found ${into}; name a folder within it`,
    );
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize >= bytes) return;
  const found = formatBytes(bavail * bsize);
  throw new RunbookError('StoreFull', `${where}: expected ${formatBytes(bytes)} free in ${parent}, found ${found}`);
}

/** @throws RunbookError Refused where there is more than an empty folder. */
async function refuseTaken(into: string): Promise<void> {
  const there = await find(into);
  const names = there?.isDirectory() === true ? await readdir(into) : undefined;
  if (!there || names?.length === 0) return;
  const what = names?.includes('PG_VERSION')
    ? 'a PostgreSQL cluster'
    : names
      ? 'a folder with files'
      : 'a file or a link';
  throw new RunbookError(
    'Refused',
    `into.pgbackrest: expected nothing at ${into}, or an empty folder, found ${what}; choose another: nothing is overwritten`,
  );
}

/** Takes the place of the tablespaces, with the run's mark. @throws RunbookError Refused where somebody else has taken it. */
export async function placeTablespaces(place: NewPlace): Promise<void> {
  const { work, tablespaces, mark } = pathsOf(place);
  await writeFile(join(work, 'tablespaces', mark), '');
  await moveTo(join(work, 'tablespaces'), tablespaces);
}

/** Whether it has its name already. */
export async function isNamed(place: NewPlace): Promise<boolean> {
  const { into, mark } = pathsOf(place);
  return has(into, mark);
}

/** Gives a cluster that is whole and shut down its name, with the run's mark. @throws RunbookError Refused where that was taken meanwhile. */
export async function nameCluster(place: NewPlace): Promise<void> {
  const { into, work, tablespaces, parent, mark } = pathsOf(place);
  const data = join(work, 'data');
  // The command line of the server that has been at work here; the next one writes its own.
  await rm(join(data, 'postmaster.opts'), { force: true });
  await writeFile(join(data, mark), '');
  const isUnused = (await has(tablespaces, mark)) && (await readdir(tablespaces)).length === 1;
  if (isUnused) await rm(tablespaces, { recursive: true });
  const there = await find(into);
  if (there) await writeFile(join(work, before), JSON.stringify({ mode: there.mode, uid: there.uid, gid: there.gid }));
  await moveTo(data, into);
  const folder = await open(parent);
  await folder.sync().finally(() => folder.close());
}

/** Of an empty folder that was there. */
const before = 'before.json';

/** An empty folder gives way; the system itself refuses all else. */
async function moveTo(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: unknown) => {
    await refuseTaken(to);
    throw error;
  });
}

/** Ends the run's part in it: from then on it is like any other cluster. */
export async function handOver(place: NewPlace): Promise<void> {
  const { into, work, tablespaces, mark } = pathsOf(place);
  for (const path of [into, tablespaces]) await rm(join(path, mark), { force: true });
  await removeFolder(work);
}

/** Removes what this run has made, under whichever name, and leaves the folder as it was. @throws RunbookError Refused where somebody uses it. */
export async function removeMade(place: NewPlace): Promise<void> {
  const { into, work, tablespaces, mark } = pathsOf(place);
  const text = await readFile(join(work, before), 'utf8').catch(() => undefined);
  await endAllIn(work);
  for (const path of [into, tablespaces]) {
    if (!(await has(path, mark))) continue;
    if (await has(path, 'postmaster.pid'))
      throw new RunbookError(
        'Refused',
        `${path}: expected no server in what is to be removed, found postmaster.pid; stop it`,
      );
    await mkdir(work, { recursive: true });
    // At once: what is removed file by file loses its mark before the rest.
    await rename(path, join(work, path === into ? 'removed' : 'removed-tablespaces'));
  }
  if (text !== undefined && !(await find(into))) {
    const { mode, uid, gid } = JSON.parse(text) as { mode: number; uid: number; gid: number };
    await mkdir(into);
    await chown(into, uid, gid);
    await chmod(into, mode & 0o7777);
  }
  await removeFolder(work);
}
