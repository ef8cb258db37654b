import type { RunKind } from '../core/record.js';
import type { Severity } from '../core/tidings.js';

/** Who is told of what: each condition that a route names must hold. */
export interface Route {
  environments?: string[] | undefined;
  kinds?: RunKind[] | undefined;
  severities?: Severity[] | undefined;
  to: string[];
}

/** What is to be told. */
export interface Subject {
  environment: string;
  kind: RunKind;
  severity: Severity;
}

function covers<T>(wanted: readonly T[] | undefined, found: T): boolean {
  return wanted === undefined || wanted.includes(found);
}

/** Tells whether a run can be told to anybody, however urgent. */
export function isRouted(routes: readonly Route[], { environment, kind }: Omit<Subject, 'severity'>): boolean {
  return routes.some((route) => covers(route.environments, environment) && covers(route.kinds, kind));
}

/**
 * The channels of all routes that match, each once. All and not the first: the order of routes means nothing, and a route that is added
 * keeps nothing from anybody.
 */
export function channelsFor(routes: readonly Route[], { environment, kind, severity }: Subject): string[] {
  const matching = routes.filter(
    (route) =>
      covers(route.environments, environment) && covers(route.kinds, kind) && covers(route.severities, severity),
  );
  return [...new Set(matching.flatMap(({ to }) => to))];
}

/** How people are told of something while it waits for them. */
export interface WaitRule {
  severity: Severity;
  remindEvery?: number | undefined;
  escalateAfter?: number | undefined;
  escalateTo?: Severity | undefined;
}

/** Since when it waits and until when; Infinity: until somebody answers. */
export interface Times {
  openedMs: number;
  expiresMs: number;
}

/** What was told of it by now. */
export interface ToldByNow {
  reminders: number;
  escalated: boolean;
  /** When anything was told last. */
  lastMs: number;
}

/** Something may wait for a year: whoever does not hear this many reminders hears no more. */
export const mostReminders = 48;

/** What is told next while nobody answers, and when; undefined when nothing more is. Always before it expires. */
export function nextTelling(
  { remindEvery, escalateAfter }: WaitRule,
  { openedMs, expiresMs }: Times,
  { reminders, escalated, lastMs }: ToldByNow,
): { what: 'remind' | 'escalate'; atMs: number } | undefined {
  const remind =
    remindEvery !== undefined && reminders < mostReminders
      ? [{ what: 'remind' as const, atMs: lastMs + remindEvery * 1000 }]
      : [];
  const escalate =
    escalateAfter !== undefined && !escalated
      ? [{ what: 'escalate' as const, atMs: Math.max(lastMs, openedMs + escalateAfter * 1000) }]
      : [];
  // Of two at one moment the escalation says more.
  const [first] = [...escalate, ...remind].sort((a, b) => a.atMs - b.atMs);
  return first && first.atMs < expiresMs ? first : undefined;
}
