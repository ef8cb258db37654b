import { outcomes } from '../../core/record.js';
import type { Session } from '../connection.js';
import type { ListedRun } from '../runs/find-runs.js';
import { sample, secondsOf, type Sample } from './exposition.js';
import { queryRuns, runLabels } from './query-runs.js';
import { conditionOf, restOf, type Span } from './unread-spans.js';

/** How far back a run counts that nothing came after: more than a month, for what runs once in each. */
const windowMs = 40 * 86_400_000;
/** What visibility may show late is read twice. */
const lagMs = 120_000;
/** Of one look. A beat ends each minute: it must not crowd out what ends once in a while. */
const mostRuns = 2000;
const mostBeats = 500;
const mostSpans = 2;
/** Series. */
const mostEnds = 3000;

const forced = ['overtaken', 'terminated', 'timed_out', 'cancelled'];
const known: readonly string[] = [...outcomes, ...forced];

interface End {
  run: ListedRun;
  outcome: string;
  at: number;
}

/** The newest end of each run id and outcome, as far as was read. */
export class EndedRuns {
  private readonly ends = new Map<string, End>();
  private unread: Span[] = [];
  /** By Temporal's clock, which need not be ours. */
  private newest = 0;

  constructor(private readonly session: Session) {}

  /** When runs last ended, and how: what has ended since the last look, and some of what was not read by then. */
  async read(now: Date): Promise<Sample[]> {
    const oldest = now.getTime() - windowMs;
    const since: Span = { from: Math.max(oldest, this.newest - lagMs), left: 0 };
    const spans = [since, ...this.unread];
    const asked = spans.slice(0, mostSpans);
    const [beats, ...found] = await Promise.all([
      queryRuns(this.session, `RunbookKind = 'beat' AND ${conditionOf(since)}`, mostBeats),
      ...asked.map((span) =>
        queryRuns(this.session, `RunbookKind IS NOT NULL AND RunbookKind != 'beat' AND ${conditionOf(span)}`, mostRuns),
      ),
    ]);
    // Of beats only the newest count: what is left out of them is not missed.
    for (const { runs } of [beats, ...found]) for (const run of runs) this.remember(run);
    const rests = asked.flatMap((span, index) => restOf(span, found[index]));
    this.unread = [...rests, ...spans.slice(mostSpans)].filter(({ to = Infinity }) => to > oldest);
    const dropped = this.forget(oldest);
    const samples = [...this.ends.values()].map(({ run, outcome, at }) =>
      sample('runbook_run_last_end_timestamp_seconds', { ...runLabels(run), outcome }, secondsOf(at)),
    );
    const leftOut = this.unread.reduce((sum, { left }) => sum + left, dropped);
    return [...samples, sample('runbook_metrics_left_out', { what: 'ended runs' }, leftOut)];
  }

  private remember(run: ListedRun): void {
    if (run.finishedAt === undefined) return;
    // A workflow that failed before it could tell an outcome.
    const outcome = known.includes(run.state) ? run.state : 'failed';
    const key = [run.workflowId, run.kind, outcome].join('\n');
    const at = Date.parse(run.finishedAt);
    if ((this.ends.get(key)?.at ?? 0) < at) this.ends.set(key, { run, outcome, at });
    this.newest = Math.max(this.newest, at);
  }

  /** Drops what is too old, and the oldest of what is too much: of these it answers how many. */
  private forget(oldest: number): number {
    for (const [key, { at }] of this.ends) if (at < oldest) this.ends.delete(key);
    const surplus = [...this.ends].sort(([, one], [, other]) => other.at - one.at).slice(mostEnds);
    for (const [key] of surplus) this.ends.delete(key);
    return surplus.length;
  }
}
