import { z } from 'zod';
import { image, name, seconds, smokeTest, target } from './fields.js';
import { wayBack } from './way-back.js';

/** Back to an earlier release that ran here before: no new analysis, no gate. `runbook rollback` writes it. */
export const Rollback = z.strictObject({
  kind: z.literal('rollback'),
  service: name,
  environment: name,
  reason: z.string().max(500).optional(),
  target,
  image: image.optional().describe('The earlier image; none: that of the revision before the present one'),
  within: z.int().min(1).max(100).default(5).describe('How many earlier revisions may be gone back to'),
  smoke: z.array(smokeTest).default([]),
  rollout: z.strictObject({ timeout: seconds.prefault('10m') }).prefault({}),
  // Forward again to what was just found bad is for a person to choose.
  onFailure: z.enum(['undo', 'ask']).default('ask'),
  wayBack,
});

export type Rollback = z.infer<typeof Rollback>;
