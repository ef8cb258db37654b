import type { About, AskingStep, EndedRun, OpenedGate, Severity, Turn } from '../core/tidings.js';
import { channelsFor, isRouted, nextTelling, type Times, type ToldByNow, type WaitRule } from '../policies/routing.js';
import { severityOfEnd } from '../policies/severity.js';
import type { Channels } from '../runbooks/channels.js';

type Subject = Pick<About, 'kind' | 'environment'>;

/** What waits, and what was told of it by now. */
interface Question {
  about: Subject;
  told: ToldByNow;
}
export interface GateQuestion extends Question {
  gate: Pick<OpenedGate, 'openedAt' | 'expiresAt'>;
}
export interface StepQuestion extends Question {
  step: Pick<AskingStep, 'openedAt' | 'expected'>;
}

/** Who is told of what, as the worker's file says now: a workflow may ask at any time, nobody is reached by that. */
export function createRoutingActivities(channels: Channels | undefined) {
  const namesFor = ({ kind, environment }: Subject, severity: Severity) =>
    channelsFor(channels?.routes ?? [], { kind, environment, severity });
  const { gates, questions } = channels ?? {
    gates: { severity: 'P3' as const },
    questions: { severity: 'P2' as const },
  };
  const route = (about: Subject, rule: WaitRule, times: Times, told: ToldByNow): Promise<Turn> => {
    const severity = told.escalated ? (rule.escalateTo ?? rule.severity) : rule.severity;
    const next = nextTelling(rule, times, told);
    return Promise.resolve({
      // Who was told first hears of an escalation as well.
      channels: [...new Set([...namesFor(about, rule.severity), ...namesFor(about, severity)])],
      severity,
      ...(next && { next: { what: next.what, at: new Date(next.atMs).toISOString() } }),
    });
  };
  return {
    isAnybodyTold: ({ kind, environment }: Subject): Promise<boolean> =>
      Promise.resolve(isRouted(channels?.routes ?? [], { kind, environment })),

    routeGate: ({ about, gate, told }: GateQuestion): Promise<Turn> =>
      route(about, gates, { openedMs: Date.parse(gate.openedAt), expiresMs: Date.parse(gate.expiresAt) }, told),

    /** A step that waits as the runbook means it to is as urgent as a gate; one that has failed has rules of its own. */
    routeStep: ({ about, step, told }: StepQuestion): Promise<Turn> => {
      const times = { openedMs: Date.parse(step.openedAt), expiresMs: Infinity };
      return route(about, step.expected ? gates : questions, times, told);
    },

    routeEnd({ about, ended }: { about: Subject; ended: EndedRun }): Promise<Pick<Turn, 'channels' | 'severity'>> {
      const severity = severityOfEnd({ ...about, outcome: ended.outcome }, channels?.ends ?? []);
      return Promise.resolve({
        channels: severity === undefined ? [] : namesFor(about, severity),
        severity: severity ?? 'P3',
      });
    },
  };
}
