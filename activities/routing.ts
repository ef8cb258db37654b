import type { About, EndedRun, GateTurn, OpenedGate, Severity } from '../core/tidings.js';
import { channelsFor, isRouted, nextTelling, type ToldByNow } from '../policies/routing.js';
import { severityOfEnd } from '../policies/severity.js';
import type { Channels } from '../runbooks/channels.js';

type Subject = Pick<About, 'kind' | 'environment'>;

/** A gate that waits, and what was told of it by now. */
export interface GateQuestion {
  about: Subject;
  gate: Pick<OpenedGate, 'openedAt' | 'expiresAt'>;
  told: ToldByNow;
}

/** Who is told of what, as the worker's file says now: a workflow may ask at any time, nobody is reached by that. */
export function createRoutingActivities(channels: Channels | undefined) {
  const namesFor = ({ kind, environment }: Subject, severity: Severity) =>
    channelsFor(channels?.routes ?? [], { kind, environment, severity });
  return {
    isAnybodyTold: ({ kind, environment }: Subject): Promise<boolean> =>
      Promise.resolve(isRouted(channels?.routes ?? [], { kind, environment })),

    routeGate({ about, gate, told }: GateQuestion): Promise<GateTurn> {
      const rule = channels?.gates ?? { severity: 'P3' };
      const severity = told.escalated ? (rule.escalateTo ?? rule.severity) : rule.severity;
      const times = { openedMs: Date.parse(gate.openedAt), expiresMs: Date.parse(gate.expiresAt) };
      const next = nextTelling(rule, times, told);
      return Promise.resolve({
        // Who was told first hears of an escalation as well.
        channels: [...new Set([...namesFor(about, rule.severity), ...namesFor(about, severity)])],
        severity,
        ...(next && { next: { what: next.what, at: new Date(next.atMs).toISOString() } }),
      });
    },

    routeEnd({ about, ended }: { about: Subject; ended: EndedRun }): Promise<Pick<GateTurn, 'channels' | 'severity'>> {
      const severity = severityOfEnd({ ...about, outcome: ended.outcome }, channels?.ends ?? []);
      return Promise.resolve({
        channels: severity === undefined ? [] : namesFor(about, severity),
        severity: severity ?? 'P3',
      });
    },
  };
}
