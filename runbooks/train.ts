import { z } from 'zod';
import { Canary } from './canary.js';
import { Deploy } from './deploy.js';
import { name } from './fields.js';

const car = z.strictObject({
  runbook: z.discriminatedUnion('kind', [Deploy, Canary]),
  after: z.array(name).default([]).describe('Services of this train that must be out before'),
});

/** A name that nobody waits for twice, a dependence on a service that is not in the train, a circle. */
function problemOf(releases: ReadonlyArray<{ runbook: { service: string }; after: string[] }>): string | undefined {
  const names = releases.map(({ runbook }) => runbook.service);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) return `expected each service once, found "${twice}" twice`;
  const unknown = releases.flatMap(({ after }) => after).find((each) => !names.includes(each));
  if (unknown !== undefined) return `expected services of the train in "after", found "${unknown}"`;
  const out = new Set<string>();
  for (;;) {
    const next = releases.filter(
      ({ runbook, after }) => !out.has(runbook.service) && after.every((each) => out.has(each)),
    );
    if (next.length === 0) break;
    next.forEach(({ runbook }) => out.add(runbook.service));
  }
  const stuck = names.filter((each) => !out.has(each));
  return stuck.length > 0 ? `expected no circle, found ${stuck.join(', ')} waiting for each other` : undefined;
}

/** Several releases as one: in order of dependence, approved once, taken back in reverse when one fails. */
export const Train = z
  .strictObject({
    kind: z.literal('train'),
    service: name.describe('The train’s own name'),
    environment: name,
    reason: z.string().max(500).optional(),
    releases: z.array(car).min(1).max(50),
  })
  .superRefine(({ releases }, context) => {
    const problem = problemOf(releases);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['releases'], message: problem });
  });

export type Train = z.infer<typeof Train>;
