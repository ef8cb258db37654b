import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRecord } from '../../core/record.js';
import { StackError } from '../stack-error.js';
import type { Cli } from './runbook.js';
import { typed } from './terminal.js';

const gateWithinMs = 60_000;

/** Long enough to read what the gate says. */
const readingMs = 3000;

/** A run that alice asks for by these words. */
interface AskedRun {
  run: string;
  asked: string[];
  /** What bob says to it. */
  comment: string;
}

/** The record of a run whose gate is open. */
export async function untilWaiting(cli: Cli, run: string): Promise<RunRecord> {
  const end = Date.now() + gateWithinMs;
  for (;;) {
    const record = await cli.describe(run);
    if (record?.phase === 'waiting') return record;
    if (Date.now() > end)
      throw new StackError(`${run}: expected it to wait for an approval within ${gateWithinMs / 1000} s`);
    await sleep(500);
  }
}

/** One run: alice asks for it, bob approves it in another terminal, and everybody watches. */
export async function playApproved(cli: Cli, { run, asked, comment }: AskedRun): Promise<RunRecord> {
  const approval = ['approve', run, '--by', 'bob', '--current', '--comment', comment];
  typed('alice', asked);
  typed('bob', approval);
  const watched = cli.show(...asked);
  await untilWaiting(cli, run);
  await sleep(readingMs);
  await cli.silently(...approval);
  await watched;
  return cli.recordOf(run);
}
