import type { Gate, RunRecord, StepState } from '../../../core/record.js';

/** Something that took time in a run, or happened at a moment. Moments in milliseconds since 1970. */
export interface Bar {
  key: string;
  what: 'step' | 'gate' | 'undone';
  name: string;
  state: StepState | NonNullable<Gate['decision']> | 'open' | 'undone' | 'notUndone';
  from: number;
  to: number;
  /** It goes on. */
  isOpen: boolean;
  attempt: number;
  /** What came of it, or why it failed. */
  note?: string;
}

function ofSteps({ steps, phase, finishedAt }: RunRecord, now: number): Bar[] {
  return steps.map(({ name, state, startedAt, finishedAt: ended, attempt, result, error }, index) => {
    const from = Date.parse(startedAt);
    const isOpen = ended === undefined && finishedAt === undefined && (state === 'running' || state === 'asking');
    const note = state === 'done' || state === 'running' ? result : (error ?? result);
    return {
      ...{ key: `step-${index}`, what: 'step', name, from, isOpen, attempt },
      // One that asked and was answered by a rollback has failed.
      state: state === 'asking' && phase !== 'asking' ? 'failed' : state,
      to: Math.max(from, ended !== undefined ? Date.parse(ended) : isOpen ? now : from),
      ...(note !== undefined && note !== '' && { note }),
    };
  });
}

function ofGates({ gates, finishedAt }: RunRecord, now: number): Bar[] {
  return gates.map(({ openedAt, decidedAt, decision, attempt }) => {
    const from = Date.parse(openedAt);
    const isOpen = decidedAt === undefined && finishedAt === undefined;
    return {
      ...{ key: `gate-${attempt}`, what: 'gate', name: '', from, isOpen, attempt },
      state: decision ?? 'open',
      to: Math.max(from, decidedAt !== undefined ? Date.parse(decidedAt) : isOpen ? now : from),
    };
  });
}

function ofUndone({ undone }: RunRecord): Bar[] {
  return undone.map(({ name, finishedAt, error }, index) => {
    const at = Date.parse(finishedAt);
    return {
      ...{ key: `undone-${index}`, what: 'undone', name, from: at, to: at, isOpen: false, attempt: 1 },
      state: error === undefined ? 'undone' : 'notUndone',
      ...(error !== undefined && { note: error }),
    };
  });
}

/** Everything that a timeline shows of a run, in the order in which it began. */
export function barsOf(record: RunRecord, now: number): Bar[] {
  const bars = [...ofSteps(record, now), ...ofGates(record, now), ...ofUndone(record)];
  return bars.sort((a, b) => a.from - b.from);
}

/** A stretch in which nothing but waiting happened, drawn shorter than it was. */
export interface Cut {
  from: number;
  to: number;
}

/** Where moments stand, from 0 to 1. */
export interface Scale {
  begin: number;
  end: number;
  cuts: Cut[];
  place: (at: number) => number;
}

/** A wait is drawn at most so long, beside all the work of the run. */
const mostOfWork = 0.12;

/** The stretches in which something was done, joined where they touch. */
function busyTimes(bars: readonly Bar[]): Cut[] {
  const joined: Cut[] = [];
  for (const { what, from, to } of bars) {
    if (what === 'gate') continue;
    const last = joined.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** A scale for the bars of a run. A night before an approval would leave of the steps nothing to be seen: long waits are cut. */
export function scaleOf(bars: readonly Bar[], begin: number, end: number): Scale {
  const busy = busyTimes(bars);
  const work = busy.reduce((sum, { from, to }) => sum + to - from, 0);
  const most = work > 0 ? work * mostOfWork : Number.POSITIVE_INFINITY;
  const corners = [begin, ...busy.flatMap(({ from, to }) => [from, to]), Math.max(begin, end)];
  const stretches = corners.slice(1).map((to, index) => {
    const from = corners[index] ?? begin;
    // Corners come in pairs: what lies before an even one is a wait.
    const length = index % 2 === 0 ? Math.min(to - from, most) : to - from;
    return { from, to, length: Math.max(0, length) };
  });
  const whole = stretches.reduce((sum, { length }) => sum + length, 0) || 1;
  return {
    begin,
    end,
    cuts: stretches.filter(({ from, to, length }) => length < to - from).map(({ from, to }) => ({ from, to })),
    place(at) {
      let before = 0;
      for (const { from, to, length } of stretches) {
        if (at <= to) return (before + (to > from ? (Math.max(0, at - from) / (to - from)) * length : 0)) / whole;
        before += length;
      }
      return 1;
    },
  };
}
