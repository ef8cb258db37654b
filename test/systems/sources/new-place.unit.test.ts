import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as newPlace from '../../../systems/sources/pgbackrest/new-place.js';
import { makeFolder, removeFolder } from '../../../systems/sources/pgbackrest/scratch-folder.js';

const { checkPlace, handOver, nameCluster, pathsOf, placeTablespaces, removeMade } = newPlace;

let home: string;
let into: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "place's "));
  into = join(home, 'pg');
});

afterEach(() => rm(home, { recursive: true, force: true }));

const place = (run = 'run-00000001') => ({ into, run, name: 'db' });

/** What pgBackRest and a server leave, with a tablespace or without. */
async function restoreInto(which: newPlace.NewPlace, tablespace?: string): Promise<void> {
  const { parent, work, tablespaces } = pathsOf(which);
  await makeFolder(parent, work, { name: 'nobody' });
  await placeTablespaces(which);
  for (const name of ['PG_VERSION', 'postmaster.opts']) await writeFile(join(work, 'data', name), '15');
  if (tablespace !== undefined) await mkdir(join(tablespaces, tablespace));
}

test('a place is free where nothing is, or an empty folder, with room for all of it; all else is refused', async () => {
  const check = (bytes = 1) => checkPlace({ into, name: 'db' }, bytes);
  const refused = (words: string) => ({ code: 'Refused', message: expect.stringContaining(words) });

  await check();
  await mkdir(into);
  await check();
  await expect(check(2 ** 60)).rejects.toMatchObject({
    code: 'StoreFull',
    message: expect.stringMatching(/free in .*found/),
  });
  await writeFile(join(into, 'file'), '');
  await expect(check()).rejects.toMatchObject(refused(`${into}, or an empty folder, found a folder with files`));
  await writeFile(join(into, 'PG_VERSION'), '15');
  await expect(check()).rejects.toMatchObject(
    refused('found a PostgreSQL cluster; choose another: nothing is overwritten'),
  );
  await expect(checkPlace({ into: join(into, 'base', 'x'), name: 'db' }, 1)).rejects.toMatchObject({
    code: 'InvalidSettings',
  });
  await mkdir(join(into, 'base'));
  await expect(checkPlace({ into: join(into, 'base', 'x'), name: 'db' }, 1)).rejects.toMatchObject(refused(into));
  await rm(into, { recursive: true });
  await symlink(home, into);
  await expect(check()).rejects.toMatchObject(refused('a file or a link'));
  await rm(into);
  await mkdir(`${into}-tablespaces`);
  await expect(check()).rejects.toMatchObject(refused('where its tablespaces go'));
  await rm(`${into}-tablespaces`, { recursive: true });
  into = join(home, 'long'.repeat(20));
  await mkdir(into);
  into = join(into, 'pg');
  await expect(check()).rejects.toMatchObject({ code: 'InvalidSettings', message: expect.stringContaining('shorter') });
});

test('however far a run came, and however often it is taken back: the place is as it was', async () => {
  const steps = fc.record({
    wasThere: fc.boolean(),
    tablespace: fc.option(fc.constant('big'), { nil: undefined }),
    named: fc.boolean(),
    again: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(steps, async ({ wasThere, tablespace, named, again }) => {
      if (wasThere) {
        await mkdir(into);
        await chmod(into, 0o750);
      }
      await restoreInto(place(), tablespace);
      if (named) await nameCluster(place());
      expect((await readdir(home)).length).toBeGreaterThan(0);

      await removeMade(place());
      if (again) await removeMade(place());

      expect(await readdir(home)).toEqual(wasThere ? ['pg'] : []);
      if (!wasThere) return;
      expect(await readdir(into)).toEqual([]);
      expect((await stat(into)).mode & 0o777).toBe(0o750);
      await rm(into, { recursive: true });
    }),
    { numRuns: 24 },
  );
});

test('what is handed over has no trace of the run, and no other run removes it', async () => {
  await restoreInto(place(), 'big');
  await nameCluster(place());
  await removeMade(place('run-00000002'));
  expect(await readdir(into)).toEqual(['.runbook-run-00000001', 'PG_VERSION']);
  await handOver(place());
  await handOver(place());
  await removeMade(place());

  expect(await readdir(home)).toEqual(['pg', 'pg-tablespaces']);
  expect([await readdir(into), await readdir(`${into}-tablespaces`)]).toEqual([['PG_VERSION'], ['big']]);
});

test('a place that somebody else took meanwhile stays theirs', async () => {
  await restoreInto(place());
  await mkdir(into);
  await writeFile(join(into, 'theirs'), 'kept');
  for (let tries = 0; tries < 2; tries += 1)
    await expect(nameCluster(place())).rejects.toMatchObject({ code: 'Refused' });
  await removeMade(place());
  expect(await readFile(join(into, 'theirs'), 'utf8')).toBe('kept');
  expect(await readdir(home)).toEqual(['pg']);

  await rm(into, { recursive: true });
  await restoreInto(place());
  const second = restoreInto(place('run-00000002'));
  await expect(second).rejects.toMatchObject({ code: 'Refused', message: expect.stringContaining('-tablespaces') });
  await removeMade(place('run-00000002'));
  await nameCluster(place());
  expect(await readdir(home)).toEqual(['pg', 'restore-00000001-db']);
  await writeFile(join(into, 'postmaster.pid'), '1');
  await expect(removeMade(place())).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringContaining('stop it'),
  });
});

test('what a killed worker has left at work in a folder is ended before the folder is removed, and nobody else', async () => {
  const [own, other] = [join(home, 'own'), join(home, 'other')];
  await mkdir(own);
  const start = (folder: string, argv0: string) =>
    spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', `${folder}/data`], { argv0, stdio: 'ignore' });
  const [left, others, reader] = [start(own, 'pgbackrest'), start(other, 'pgbackrest'), start(own, 'tail')];
  const ended = once(left, 'exit');
  for (const each of [left, others, reader]) if (each.pid === undefined) await once(each, 'spawn');

  await removeFolder(own);

  expect(await ended).toEqual([null, 'SIGKILL']);
  expect([others.exitCode, others.signalCode, reader.exitCode, reader.signalCode]).toEqual([null, null, null, null]);
  for (const each of [others, reader]) {
    each.kill('SIGKILL');
    await once(each, 'exit');
  }
});
