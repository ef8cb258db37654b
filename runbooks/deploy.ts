import { z } from 'zod';
import { migrations } from './fields.js';
import { release } from './release.js';

/** Plan → gate → migrations → new image and config → rollout → smoke tests; undone when a step fails. */
export const Deploy = z.strictObject({
  kind: z.literal('deploy'),
  ...release,
  migrations: migrations.optional(),
});

export type Deploy = z.infer<typeof Deploy>;
