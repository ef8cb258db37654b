import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readOption } from '../../../systems/sources/pgbackrest/configuration.js';
import { failureOf } from '../../../systems/sources/pgbackrest/exit-codes.js';
import { parseInfo } from '../../../systems/sources/pgbackrest/info.js';
import { countFiles } from '../../../systems/sources/pgbackrest/progress.js';
import { checkTarget, parseTarget, targetSettings } from '../../../systems/sources/pgbackrest/restore-target.js';
import { runProgram } from '../../../systems/sources/pgbackrest/run-program.js';
import { findFullDisk } from '../../../systems/sources/pgbackrest/scratch-server.js';
import { scratchSettings } from '../../../systems/sources/pgbackrest/server-settings.js';
import { parseVerdict } from '../../../systems/sources/pgbackrest/verify.js';
import { findMissingSegments, findSegmentBytes, isBefore, reaches } from '../../../systems/sources/pgbackrest/wal.js';

const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
const sizes = fc.integer({ min: 20, max: 30 }).map((power) => 2 ** power);

function nameOf(timeline: number, number: number, bytes: number): string {
  const each = 2 ** 32 / bytes;
  return hex(timeline) + hex(Math.floor(number / each)) + hex(number % each);
}

test('a hole in the log is found whatever the size of a segment, and nothing else is', () => {
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 3_000_000 }),
      fc.integer({ min: 2, max: 40 }),
      fc.array(fc.nat(39), { maxLength: 4 }),
      (segmentBytes, first, count, holes) => {
        const all = Array.from({ length: count }, (_, at) => nameOf(3, first + at, segmentBytes));
        // The newest one of all says how far the log goes.
        const gone = new Set(holes.filter((at) => at < count - 1).map((at) => all[at]));
        const wanted = { start: all[0] ?? '', stop: all[1] ?? '', segmentBytes };
        const archived = all.filter((segment) => !gone.has(segment));
        expect(findMissingSegments(archived, wanted)).toEqual(all.filter((segment) => gone.has(segment)));
        expect(findMissingSegments([nameOf(3, first - 1, segmentBytes), ...archived], wanted)).toHaveLength(gone.size);
      },
    ),
  );
});

test('the end of a backup belongs to its log; a later timeline goes on where the one before ends, or a little earlier', () => {
  const segmentBytes = 2 ** 24;
  const named = (timeline: number, ...numbers: number[]) => numbers.map((at) => nameOf(timeline, at, segmentBytes));
  const wanted = { start: named(1, 5)[0] ?? '', stop: named(1, 7)[0] ?? '', segmentBytes };
  const missing = (...segments: string[][]) => findMissingSegments(segments.flat(), wanted);

  expect(missing(named(1, 5, 6))).toEqual(named(1, 7));
  expect(missing([])).toEqual(named(1, 5, 6, 7));
  expect(missing(named(1, 5, 6, 7, 8), named(2, 9, 10))).toEqual([]);
  expect(missing(named(1, 5, 6, 7, 8, 9, 10), named(2, 9, 10, 11))).toEqual([]);
  expect(missing(named(1, 5, 6, 7, 8), named(2, 10, 12))).toEqual(named(2, 9, 11));
});

test('the size of a segment follows from positions and the segments in which they lie', () => {
  fc.assert(
    fc.property(sizes, fc.nat(1000), fc.nat(2 ** 32 - 1), (bytes, high, low) => {
      const segment = hex(1) + hex(high) + hex(Math.floor(low / bytes));
      const lsn = `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`;
      // A segment that is not among the first of its four gigabytes has one size only.
      fc.pre(low >= 2 * bytes);
      expect(findSegmentBytes([{ lsn, segment }])).toBe(bytes);
      expect(reaches(lsn, segment, bytes)).toBe(true);
      expect(reaches(lsn, hex(1) + hex(high + 1) + hex(0), bytes)).toBe(false);
    }),
  );
  const end = { lsn: '0/3000000', segment: '000000010000000000000002' };
  expect(findSegmentBytes([{ lsn: '0/2000028', segment: end.segment }, end])).toBe(2 ** 24);
  expect(isBefore('0/FFFFFFFF', '1/0')).toBe(true);
  expect(isBefore('A/10', '9/FFFFFFFF')).toBe(false);
});

const verdict = (backup: string, ok = 'ok') => `stanza: shop
status: ${ok}
  archiveId: 15-1, total WAL checked: 11, total valid WAL: 11
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20261121-204104F, status: valid, total files checked: 977, total valid files: 977
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20261121-204104F_20261121-204108I, status: ${backup}, total files checked: 979, total valid files: 979
`;

test('what "pgbackrest verify" says is read, for its exit code says nothing', () => {
  const incremental = '20261121-204104F_20261121-204108I';
  expect(parseVerdict('shop', verdict('valid'), []).backups.get(incremental)).toBe('valid');
  expect(parseVerdict('shop', verdict('manifest missing'), []).backups.get(incremental)).toBe('manifest missing');
  const log = [
    `INFO: invalid checksum '20261121-204104F/pg_data/base/5/2619.zst'`,
    `DETAIL: 20261121-204104F/backup.manifest is missing or unusable, using copy`,
    `DETAIL: backup '20261121-204104F' manifest.copy does not match manifest`,
    `INFO: invalid result 15-1/0000000100000000/00000001000000000000000A-66.zst: [29] raised from local-1 protocol: zst error`,
    `DETAIL: archiveId: 15-1, wal start: 000000010000000000000001, wal stop: 00000001000000000000000B`,
  ];
  expect(parseVerdict('shop', verdict('invalid', 'error'), log).damaged).toEqual([
    { what: 'invalid checksum', file: '20261121-204104F/pg_data/base/5/2619.zst' },
    { what: 'missing or unusable', file: '20261121-204104F/backup.manifest' },
    { what: 'not the same', file: '20261121-204104F/backup.manifest.copy' },
    { what: 'invalid result', file: '15-1/0000000100000000/00000001000000000000000A-66.zst' },
  ]);
  const unnamed = verdict('valid', 'error').replace('other: 0', 'other: 1');
  expect(() => parseVerdict('shop', unnamed, [])).toThrow(/other: 1/);
  const nothing = 'stanza: shop\nstatus: error\n  No usable backup.info file';
  expect(() => parseVerdict('shop', nothing, [])).toThrow(/No usable backup.info/);
  expect(() => parseVerdict('shop', '', [])).toThrow(/expected its verdict, found ""/);
});

test('the number of a cluster is read with all of its digits', () => {
  const stanza = { name: 'shop', status: { code: 2, message: 'none' }, repo: [], archive: [], backup: [] };
  const text = JSON.stringify([{ ...stanza, db: [{ id: 1, 'repo-key': 1, 'system-id': 0, version: '15' }] }]);
  const [found] = parseInfo(text.replace('"system-id":0', '"system-id":7710727511697507569'));
  expect(found?.db[0]?.['system-id']).toBe('7710727511697507569');
});

test('an exit code says what people can do; what it quotes of requests is left out', () => {
  const end = (exitCode: number, said: string) => failureOf('backup', 'shop', { exitCode, stdout: '', said });
  expect(end(50, 'ERROR: [050]: unable to acquire lock').code).toBe('Conflict');
  expect(end(64, 'ERROR: [064]: unable to write: [28] No space left on device').code).toBe('StoreFull');
  expect(end(82, 'ERROR: [082]: WAL segment was not archived').code).toBe('SourceFailed');
  const refused = end(
    39,
    `ERROR: [039]: HTTP request failed with 403 (Forbidden):\n*** Path/Query ***:\nGET /\n*** Response Content ***:
<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>`,
  );
  expect(refused.code).toBe('Forbidden');
  expect(refused.message).toMatch(
    /exit code 39: ERROR: \[039\]: HTTP request failed with 403 \(Forbidden\): InvalidAccessKeyId$/,
  );
});

test('progress is counted from what it says of each file', () => {
  const told: Array<[number, number | undefined]> = [];
  const count = countFiles((bytes, total) => told.push([bytes, total]));
  count('P01 DETAIL: backup file /data/base/5/16396 (62.7MB, 64.56%) checksum aa');
  count('P02 DETAIL: restore file /data/base/5/1 (bundle 1/12, 8KB, 0.01%) checksum aa');
  count('P00   INFO: backup start archive = 000000010000000000000006, lsn = 0/6000028');
  expect(told).toEqual([
    [65_745_715, Math.round(65_745_715 / 0.6456)],
    [8192, undefined],
  ]);
});

test('a moment is told to PostgreSQL with its zone, and refused where the backup was not whole yet', () => {
  expect(targetSettings(parseTarget('2026-11-21T22:00:00.5+02:00'))).toMatchObject({
    recovery_target_time: '2026-11-21 20:00:00.500+00',
    recovery_target_action: 'promote',
  });
  expect(targetSettings(parseTarget('backup'))).toMatchObject({ recovery_target: 'immediate' });
  expect(targetSettings(parseTarget())).toEqual({ recovery_target_timeline: 'latest' });
  const proof = { label: 'L', name: 'db', stoppedAt: '2026-11-21T20:00:00.000Z' } as never;
  expect(() => checkTarget(proof, parseTarget('2026-11-21T20:00:00Z'))).toThrow(/choose an earlier backup/);
  checkTarget(proof, parseTarget('2026-11-21T20:00:01Z'));
});

test('nothing that stays is written without fsync, and its log is kept for an archive that nothing is given to yet', () => {
  const server = {
    folder: '/f',
    control: {} as never,
    restoreCommand: 'get',
    target: 'latest',
    version: '15',
  } as const;
  const kept = scratchSettings({ ...server, stays: true });
  expect(kept).toMatchObject({ fsync: 'on', archive_mode: 'on', archive_command: '', archive_library: '' });
  // An unknown setting would keep it from starting.
  expect(scratchSettings({ ...server, version: '14', stays: true })).not.toHaveProperty('archive_library');
  const thrownAway = scratchSettings({ ...server, stays: false });
  expect(thrownAway).toMatchObject({ fsync: 'off', archive_mode: 'off', archive_command: '' });
  for (const settings of [kept, thrownAway])
    expect(settings).toMatchObject({ listen_addresses: '', primary_conninfo: '', autovacuum: 'off' });
});

test('what can no longer be written is told as a full disk, by whoever has met it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'server-'));
  const says = async (line: string) => {
    await writeFile(join(folder, 'log'), `LOG:  redo starts at 0/2000028\n${line}\nLOG:  archive recovery complete\n`);
    return (await findFullDisk(folder))?.code;
  };
  expect(await says('FATAL:  could not extend file "base/5/16396": No space left on device')).toBe('StoreFull');
  expect(await says("repo1: 15-1/00/01.gz [FileWriteError] unable to write '/f/RECOVERYXLOG': [2] No such file")).toBe(
    'StoreFull',
  );
  expect(await says('LOG:  restored log file "000000010000000000000002" from archive')).toBeUndefined();
  await rm(folder, { recursive: true });
  expect(await findFullDisk(folder)).toBeUndefined();
});

test('a program is ended when it is aborted or takes too long; its exit code is answered, its words without secrets', async () => {
  const { signal } = new AbortController();
  const run = (script: string, change: Partial<Parameters<typeof runProgram>[0]> = {}) =>
    runProgram({ program: 'sh', parameters: ['-c', script], user: { name: 'me' }, signal, ...change });
  const lines: string[] = [];
  const end = await run('echo out; echo "password=hush" >&2; exit 7', { onLine: (line) => lines.push(line) });
  expect(end).toEqual({ exitCode: 7, stdout: 'out\n', said: 'password=•••' });
  expect(lines).toEqual(['password=hush']);
  expect(await run('kill -9 $$')).toMatchObject({ exitCode: 128, said: 'killed by SIGKILL' });

  await expect(run('exec sleep 60', { mostSeconds: 0.1 })).rejects.toMatchObject({ code: 'SystemUnreachable' });
  await expect(run('exec sleep 60', { signal: AbortSignal.timeout(100) })).rejects.toThrow(/abort|timeout/);
  await expect(run('', { program: 'no-such-program' })).rejects.toMatchObject({ code: 'InvalidSettings' });
});

test('an option stands in the section of its stanza, or in that of all', () => {
  const text = '[global]\npg1-user = all\n# pg1-port=1\npg1-port=2\n\n[shop]\npg1-user=shop\n[other]\npg1-port=3\n';
  expect(['pg1-user', 'pg1-port', 'pg1-path'].map((option) => readOption(text, 'shop', option))).toEqual([
    'shop',
    '2',
    undefined,
  ]);
});
