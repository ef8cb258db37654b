import { join } from 'node:path';
import colours from 'picocolors';
import { lookOf } from '../../client/cli/look.js';
import { Painter } from '../../client/cli/painter.js';
import { renderBytes } from '../../client/cli/render/bytes.js';
import { processTerminal } from '../../client/cli/terminal.js';
import { formatBytes } from '../../core/bytes.js';
import type { RunRecord } from '../../core/record.js';
import type { Stack } from '../index.js';
import { StackError } from '../stack-error.js';
import { flipBit } from './flip-bit.js';
import { type Generated, generateShop } from './generate.js';
import type { Cli } from './runbook.js';
import { heading, say, typed } from './terminal.js';

const backupRun = 'backup/prod/shop';
const drillRun = 'drill/prod/shop';
const paintEveryMs = 250;

/** What the night has shown, as measured. */
export interface NightResult {
  generated: Generated;
  backup: RunRecord;
  /** The drill of a backup in which one bit was flipped, and what it ended with. */
  flipped: { key: string; record: RunRecord; exitCode: number };
  drill: RunRecord;
  /** A page for a browser. */
  report: string;
}

/** Fills database and bucket; how far it is stands on a terminal. */
async function generate(stack: Stack, megabytes: number): Promise<Generated> {
  const terminal = processTerminal();
  const began = performance.now();
  let bytes = 0;
  const line = () => {
    const look = lookOf(terminal, terminal.stderr);
    const bytesPerSecond = (bytes / (performance.now() - began)) * 1000;
    return `  ${renderBytes({ doing: '', bytes, totalBytes: megabytes * 1_000_000, bytesPerSecond }, look, look.width - 2)}`;
  };
  const painter = new Painter(terminal.stderr, () => '');
  const timer = terminal.stderr.isTerminal && setInterval(() => painter.paint([line()]), paintEveryMs);
  try {
    return await generateShop(stack.environment, megabytes, (more) => (bytes += more));
  } finally {
    if (timer) {
      clearInterval(timer);
      painter.finish([line()]);
    }
  }
}

async function act(
  cli: Cli,
  run: string,
  who: string,
  words: string[],
): Promise<{ record: RunRecord; exitCode: number }> {
  typed(who, words);
  const exitCode = await cli.show(...words);
  return { record: await cli.recordOf(run), exitCode };
}

/** The second part: a night's backup, a bit that flips in it and is found, a drill with its report. */
export async function playNight(stack: Stack, cli: Cli, megabytes: number): Promise<NightResult> {
  heading(`A night: a shop with ${formatBytes(megabytes * 1_000_000)} in a database and a bucket`);
  const generated = await generate(stack, megabytes);
  say(
    `  ${generated.rows.toLocaleString('en')} rows, ${formatBytes(generated.databaseBytes)} on disk; ${generated.objects} photos, ${formatBytes(generated.bucketBytes)}`,
  );

  heading('3. The night’s backup: one snapshot, encrypted to two keys, copied to a second store, read back');
  const asked = ['run', 'runbooks/backup.yaml', '--environment', 'prod', '--requester', 'alice'];
  const { record: backup } = await act(cli, backupRun, 'alice', asked);
  if (backup.backup === undefined) throw new StackError(`${backupRun}: expected a backup, found none`);

  heading('4. One bit of it flips in the store, and nobody is told');
  const drill = ['drill', 'runbooks/drill.yaml', '--environment', 'prod', '--requester', 'bob'];
  const flipped = await flipBit(stack.environment, `nightly/prod/shop/${backup.backup}/postgres/`);
  say(`  ${flipped.key}, ${formatBytes(flipped.bytes)}: bit 0 of byte ${flipped.at.toLocaleString('en')}`);
  const found = await act(cli, drillRun, 'bob', drill).finally(() => flipped.putBack());
  say(`  exit code ${colours.bold(String(found.exitCode))}. The bit is put back.`);

  heading('5. The drill: restored into a server that is not the source, and compared row by row');
  const drilled = await act(cli, drillRun, 'bob', drill);
  const report = join(stack.directory, 'drills.html');
  const told = ['report', drillRun, '--format', 'html', '--output', report];
  typed('bob', told);
  await cli.silently(...told);
  return { generated, backup, flipped: { key: flipped.key, ...found }, drill: drilled.record, report };
}

/** Whether the backup was made, the flipped bit found by the name of its object, and the whole backup restored in time. */
export function nightAsPromised({ backup, flipped, drill }: NightResult): boolean {
  const named = flipped.record.outcome?.message.includes(flipped.key.split('/').slice(-4).join('/')) === true;
  return backup.outcome?.name === 'succeeded' && flipped.exitCode === 9 && named && drill.outcome?.name === 'succeeded';
}
