import type { ScheduleDescription } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import type { LedgerEntry } from '../../policies/ledger.js';
import type { Session } from '../connection.js';
import { findSchedule, listSchedules, type ListedSchedule } from '../schedules/find-schedules.js';
import { readLedger, type Ledger } from '../schedules/read-ledger.js';
import { sample, secondsOf, type Sample } from './exposition.js';

const dayMs = 86_400_000;
/** Looking back further than a month, for a schedule that is due once in each; but over no more moments than this. */
const mostDays = 40;
const mostMoments = 1000;
/** A ledger costs some requests: it is read anew no sooner than this, and no more of them at once. */
const freshMs = 5 * 60_000;
const mostAtOnce = 20;
const mostSchedules = 200;

interface ReadLedger {
  at: number;
  samples: Sample[];
}

/** What came of each schedule's moments, read in turn. */
export class ScheduleLedgers {
  private ledgers = new Map<string, ReadLedger>();

  constructor(private readonly session: Session) {}

  /** The schedules as they are now, with the ledgers that were read so far. */
  async read(now: Date): Promise<Sample[]> {
    const all = await listSchedules(this.session);
    const schedules = all.slice(0, mostSchedules);
    const known = new Map(schedules.flatMap(({ id }) => [[id, this.ledgers.get(id)] as const]));
    const stale = schedules
      .filter(({ id }) => now.getTime() - (known.get(id)?.at ?? -Infinity) >= freshMs)
      .sort((one, other) => (known.get(one.id)?.at ?? 0) - (known.get(other.id)?.at ?? 0));
    await Promise.all(
      stale.slice(0, mostAtOnce).map(async (schedule) => {
        known.set(schedule.id, await this.readOne(schedule, now));
      }),
    );
    this.ledgers = new Map([...known].flatMap(([id, ledger]) => (ledger ? [[id, ledger]] : [])));
    const leftOut = all.length - this.ledgers.size;
    return [
      ...schedules.flatMap(standingOf),
      ...[...this.ledgers.values()].flatMap(({ samples }) => samples),
      sample('runbook_metrics_left_out', { what: 'schedules' }, leftOut),
    ];
  }

  private async readOne(schedule: ListedSchedule, now: Date): Promise<ReadLedger | undefined> {
    try {
      const description = await findSchedule(this.session, schedule.id);
      const ledger = await readLedger(this.session, description, { days: daysOf(description), now });
      return { at: now.getTime(), samples: samplesOf(schedule, ledger) };
    } catch (error) {
      // Deleted since the list was made, or of a name that is none of ours: it counts as left out.
      if (error instanceof RunbookError) return undefined;
      throw error;
    }
  }
}

/** As many days as hold no more moments than are read, by the times at which it is due next. */
function daysOf({ info: { nextActionTimes } }: ScheduleDescription): number {
  const [first, last] = [nextActionTimes[0], nextActionTimes.at(-1)];
  if (!first || !last || first === last) return mostDays;
  const gapMs = (last.getTime() - first.getTime()) / (nextActionTimes.length - 1);
  return Math.min(mostDays, (gapMs * mostMoments) / dayMs);
}

const scheduleLabels = ({ id, environment, service }: ListedSchedule) => ({ schedule: id, environment, service });

function standingOf(schedule: ListedSchedule): Sample[] {
  const { paused, nextAt } = schedule;
  const labels = scheduleLabels(schedule);
  const held = sample('runbook_schedule_paused', labels, paused ? 1 : 0);
  return nextAt === undefined
    ? [held]
    : [held, sample('runbook_schedule_next_timestamp_seconds', labels, secondsOf(nextAt))];
}

/** A run by hand that succeeded makes up for what was missed before it. */
const cameToSomething = ({ verdict, why }: LedgerEntry) =>
  verdict === 'kept' || (verdict === 'extra' && why === undefined);

function samplesOf(schedule: ListedSchedule, { entries, from, to }: Ledger): Sample[] {
  const labels = scheduleLabels(schedule);
  const due = entries.filter(({ verdict }) => ['kept', 'running', 'missed'].includes(verdict)).length;
  const kept = entries.findLast(cameToSomething);
  const causes = [...new Set(entries.flatMap(({ because }) => because ?? []))];
  return [
    sample('runbook_schedule_window_seconds', labels, secondsOf(to) - secondsOf(from)),
    sample('runbook_schedule_due', labels, due),
    ...(kept ? [sample('runbook_schedule_last_kept_timestamp_seconds', labels, secondsOf(kept.at))] : []),
    ...causes.flatMap((because) => {
      const missed = entries.filter((entry) => entry.because === because);
      const last = missed.at(-1)?.at ?? to;
      return [
        sample('runbook_schedule_missed', { ...labels, because }, missed.length),
        sample('runbook_schedule_last_missed_timestamp_seconds', { ...labels, because }, secondsOf(last)),
      ];
    }),
  ];
}
