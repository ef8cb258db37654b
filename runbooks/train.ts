import { z } from 'zod';
import type { Canary } from './canary.js';
import type { Deploy } from './deploy.js';
import { name } from './fields.js';

const car = z.strictObject({
  file: z.string().min(1).describe('A deploy or canary runbook, relative to this file'),
  after: z.array(name).default([]).describe('Services of this train that must be out before'),
});

/** Several releases as one: in order of dependence, approved once, taken back in reverse when one fails. */
export const TrainFile = z.strictObject({
  kind: z.literal('train'),
  service: name.describe('The train’s own name'),
  environment: name,
  reason: z.string().max(500).optional(),
  releases: z.array(car).min(1).max(50),
});

export type TrainFile = z.infer<typeof TrainFile>;

/** A train whose runbooks have been read. */
export interface Train extends Omit<TrainFile, 'releases'> {
  releases: Array<{ runbook: Deploy | Canary; after: string[] }>;
}

/** What is wrong with a train's order: a service twice, a dependence on one that is not in it, a circle. */
export function problemOfOrder({ releases, service, environment }: Train): string | undefined {
  const names = releases.map(({ runbook }) => runbook.service);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) return `expected each service once, found "${twice}" twice`;
  if (names.includes(service)) return `expected a name of the train’s own, found that of its service "${service}"`;
  const elsewhere = releases.find(({ runbook }) => runbook.environment !== environment);
  if (elsewhere)
    return `expected all in "${environment}", found ${elsewhere.runbook.service} in "${elsewhere.runbook.environment}"`;
  const unknown = releases.flatMap(({ after }) => after).find((each) => !names.includes(each));
  if (unknown !== undefined) return `expected services of the train in "after", found "${unknown}"`;
  const out = new Set<string>();
  const isNext = ({ runbook, after }: Train['releases'][number]) =>
    !out.has(runbook.service) && after.every((each) => out.has(each));
  for (let next = releases.find(isNext); next; next = releases.find(isNext)) out.add(next.runbook.service);
  const stuck = names.filter((each) => !out.has(each));
  return stuck.length > 0 ? `expected no circle, found ${stuck.join(', ')} waiting for each other` : undefined;
}
