import { z } from 'zod';
import { trustLevels, type GateRule } from '../core/record.js';
import { name, seconds } from './fields.js';

const gate = z
  .strictObject({
    approvals: z.int().min(1).max(20).default(1),
    approvers: z.array(z.string().min(1)).default([]).describe('Who may vote; none named: anybody'),
    fourEyes: z.boolean().default(true).describe('Whoever asked for the run may not approve it'),
    minimumTrust: z.enum(trustLevels).default('signed'),
    expiresAfter: seconds.prefault('24h'),
    onExpiry: z.enum(['reject', 'approve']).default('reject'),
  })
  .refine(({ approvals, approvers }) => approvers.length === 0 || approvals <= approvers.length, {
    path: ['approvals'],
    error: 'expected at most as many approvals as there are approvers',
  });

/** One environment: its values for ${NAME} in runbooks, and the gate its releases pass (none: no gate). */
export const Environment = z.strictObject({
  kind: z.literal('environment'),
  name,
  values: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a name in capitals, as NAMESPACE'), z.string())
    .default({}),
  gate: gate.optional(),
});

export type Environment = z.infer<typeof Environment>;

/** The gate as a run carries it; undefined where releases go through by themselves. */
export function gateRule({ gate }: Environment): GateRule | undefined {
  if (!gate) return undefined;
  const { expiresAfter, ...rule } = gate;
  return { ...rule, expiresAfterSeconds: expiresAfter };
}
