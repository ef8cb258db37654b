import type { ErrorCode } from '../core/errors.js';
import type { Outcome, OutcomeName, RunKind } from '../core/record.js';
import type { Severity } from '../core/tidings.js';

/** How urgent the end of a run is that matches each condition named here; none: nobody is told. */
export interface EndRule {
  outcomes?: OutcomeName[] | undefined;
  codes?: ErrorCode[] | undefined;
  kinds?: RunKind[] | undefined;
  environments?: string[] | undefined;
  severity: Severity | 'none';
}

/** The first that matches decides. An operator's own rules go before these. */
export const endRules: readonly EndRule[] = [
  // The gate's messages say these.
  { outcomes: ['succeeded', 'rejected', 'expired'], severity: 'none' },
  // It runs each minute; monitoring knows its gauges.
  { kinds: ['beat'], severity: 'none' },
  // The world is neither as it was nor as it should be.
  { outcomes: ['notUndone'], severity: 'P1' },
  // Somebody has ended it, and watches.
  { codes: ['Aborted', 'Overtaken'], severity: 'none' },
  { environments: ['prod', 'production'], severity: 'P2' },
  { severity: 'P3' },
];

/** How urgent a run's end is; undefined where nobody is told. */
export function severityOfEnd(
  { outcome, kind, environment }: { outcome: Outcome; kind: RunKind; environment: string },
  own: readonly EndRule[],
): Severity | undefined {
  const { name, code } = outcome;
  const rule = [...own, ...endRules].find(
    ({ outcomes, codes, kinds, environments }) =>
      (outcomes?.includes(name) ?? true) &&
      (codes === undefined || (code !== undefined && codes.includes(code))) &&
      (kinds?.includes(kind) ?? true) &&
      (environments?.includes(environment) ?? true),
  );
  return rule === undefined || rule.severity === 'none' ? undefined : rule.severity;
}
