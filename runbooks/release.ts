import { z } from 'zod';
import { config, image, name, onFailure, seconds, smokeTest, target } from './fields.js';
import { wayBack } from './way-back.js';

/** What all kinds of release share. */
export const release = {
  service: name,
  environment: name,
  reason: z.string().max(500).optional(),
  target,
  image,
  config,
  smoke: z.array(smokeTest).default([]),
  rollout: z.strictObject({ timeout: seconds.prefault('10m') }).prefault({}),
  onFailure,
  wayBack,
};
