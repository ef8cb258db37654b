import { z } from 'zod';
import type { Permission } from '../core/permission.js';
import { trustLevels, type GateRule } from '../core/record.js';
import { name, seconds } from './fields.js';
import { releaseWindow } from './windows.js';

/** Of roles and groups nobody knows here how many people they have. */
function isEnough(approvers: readonly string[], approvals: number): boolean {
  return (
    approvers.length === 0 || approvals <= approvers.length || approvers.some((each) => /^(role|group):/.test(each))
  );
}

const gate = z
  .strictObject({
    approvals: z.int().min(1).max(20).default(1),
    approvers: z
      .array(z.string().min(1))
      .default([])
      .describe('Who may vote: names, role:NAME or group:ISSUER:GROUP of the access file; none named: anybody'),
    fourEyes: z.boolean().default(true).describe('Whoever asked for the run may not approve it'),
    minimumTrust: z.enum(trustLevels).default('signed'),
    expiresAfter: seconds.prefault('24h'),
    onExpiry: z.enum(['reject', 'approve']).default('reject'),
  })
  .refine(({ approvals, approvers }) => isEnough(approvers, approvals), {
    path: ['approvals'],
    error: 'expected at most as many approvals as there are approvers',
  });

const windows = z.array(releaseWindow).max(100).default([]);

const promotion = z
  .strictObject({
    after: name.describe('Environment in which the same image must have been released before'),
    soak: seconds.prefault('0s').describe('For how long at least it must have been released there'),
  })
  .describe('What a release must have proven elsewhere');

/** One environment: its values for ${NAME} in runbooks, the gate its releases pass (none: no gate), and when they may go out. */
export const Environment = z
  .strictObject({
    kind: z.literal('environment'),
    name,
    values: z
      .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a name in capitals, as NAMESPACE'), z.string())
      .default({}),
    gate: gate.optional(),
    freezes: windows.describe('When no release starts here. Going back is always allowed'),
    allowed: windows.describe('Where any are named, releases start only in one of them, and in no freeze'),
    promotion: promotion.optional(),
  })
  .refine(({ name, promotion }) => promotion?.after !== name, {
    path: ['promotion', 'after'],
    error: 'expected another environment than this one',
  });

export type Environment = z.infer<typeof Environment>;

/** The gate as a run carries it; undefined where releases go through by themselves. */
export function gateRule({ gate }: Environment): GateRule | undefined {
  if (!gate) return undefined;
  const { expiresAfter, ...rule } = gate;
  return { ...rule, expiresAfterSeconds: expiresAfter };
}

/** What a run into an environment must be permitted by, as the run carries it; undefined where nothing is asked. */
export function permissionOf({ freezes, allowed, promotion }: Environment): Permission | undefined {
  const calendar = freezes.length + allowed.length > 0 ? { freezes, allowed } : undefined;
  if (!calendar && !promotion) return undefined;
  return {
    ...(calendar && { calendar }),
    ...(promotion && { promotion: { after: promotion.after, soakSeconds: promotion.soak } }),
  };
}
