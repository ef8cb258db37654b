import type { Calendar, ReleaseWindow } from '../core/permission.js';
import { showMoment } from './local-time.js';
import { findOpen, findOpening, type Purpose } from './periods.js';

/** Why an environment takes no release now: a freeze, or none of the windows in which releases are allowed is open. */
export interface Freeze {
  kind: 'freeze' | 'outside';
  /** The freezes that are on; or the windows that are allowed. */
  windows: ReleaseWindow[];
  /** When it takes releases again, everything considered; undefined when that is not within a year. */
  until?: Date;
}

/** How far the search for the next change looks: longer than any window recurs. */
const searchMs = 370 * 86_400_000;

function openWindows(windows: readonly ReleaseWindow[], purpose: Purpose, moment: number): ReleaseWindow[] {
  return windows.filter((window) => findOpen(window, purpose, moment) !== undefined);
}

function blockAt({ freezes, allowed }: Calendar, moment: number): Pick<Freeze, 'kind' | 'windows'> | undefined {
  const frozen = openWindows(freezes, 'freeze', moment);
  if (frozen.length > 0) return { kind: 'freeze', windows: frozen };
  const closed = allowed.length > 0 && openWindows(allowed, 'allowed', moment).length === 0;
  return closed ? { kind: 'outside', windows: allowed } : undefined;
}

function ends(windows: readonly ReleaseWindow[], purpose: Purpose, moment: number): number[] {
  return windows.flatMap((window) => findOpen(window, purpose, moment)?.to ?? []);
}

function openings(windows: readonly ReleaseWindow[], purpose: Purpose, moment: number): number[] {
  return windows.flatMap((window) => findOpening(window, purpose, moment) ?? []);
}

/** The next moment at which a blocked calendar may be free, or a free one blocked: nothing changes before it. */
function nextCandidate({ freezes, allowed }: Calendar, blocked: boolean, moment: number): number | undefined {
  if (!blocked) {
    const closing = ends(allowed, 'allowed', moment);
    const candidates = [...openings(freezes, 'freeze', moment), ...(closing.length > 0 ? [Math.max(...closing)] : [])];
    return candidates.length > 0 ? Math.min(...candidates) : undefined;
  }
  const thaws = ends(freezes, 'freeze', moment);
  if (thaws.length > 0) return Math.max(...thaws);
  const candidates = openings(allowed, 'allowed', moment);
  return candidates.length > 0 ? Math.min(...candidates) : undefined;
}

/** When a calendar becomes free, if it is not; when it stops being free, if it is. Undefined when that is not within a year. */
export function nextChange(calendar: Calendar, at: Date): Date | undefined {
  const start = at.getTime();
  const blocked = blockAt(calendar, start) !== undefined;
  let moment = start;
  while (moment - start <= searchMs) {
    const candidate = nextCandidate(calendar, blocked, moment);
    if (candidate === undefined) return undefined;
    moment = candidate;
    if ((blockAt(calendar, moment) !== undefined) !== blocked) return new Date(moment);
  }
  return undefined;
}

/** Why no release may start at a moment; undefined when one may. A freeze wins over an allowed window. */
export function frozenAt(calendar: Calendar, at: Date): Freeze | undefined {
  const block = blockAt(calendar, at.getTime());
  if (!block) return undefined;
  const until = nextChange(calendar, at);
  return { ...block, ...(until && { until }) };
}

/**
 * Why a run in flight must hold at a moment; undefined when it may move. It was permitted when it started. Each freeze that is on
 * must let it continue; outside of the allowed windows all of these must. Going back is never held.
 * @see https://github.com/argoproj/argo-cd/blob/982203594b1a938ae77d9c8ee4f989221740916c/docs/user-guide/sync_windows.md
 */
export function decideInFlight({ freezes, allowed }: Calendar, direction: 'on' | 'back', at: Date): Freeze | undefined {
  if (direction === 'back') return undefined;
  const pausing = ({ overrun }: ReleaseWindow) => overrun === 'pause';
  return frozenAt({ freezes: freezes.filter(pausing), allowed: allowed.some(pausing) ? allowed : [] }, at);
}

/** A freeze for people: which, why, until when in its own time zone and in UTC. */
export function describeFreeze({ kind, windows, until }: Freeze): string {
  const names = windows.map(({ name, reason }) => `"${name}"${reason === undefined ? '' : ` (${reason})`}`).join(', ');
  const timeZone = windows[0]?.timeZone ?? 'UTC';
  const when = until ? showMoment(until, timeZone) : undefined;
  if (kind === 'freeze') return `frozen by ${names}, ${when ? `until ${when}` : 'with no end within a year'}`;
  return `releases are allowed only in ${names}, ${when ? `next from ${when}` : 'which does not open within a year'}`;
}
