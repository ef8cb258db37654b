import { z } from 'zod';
import { name, seconds, smokeTest } from './fields.js';
import { judge } from './judge.js';
import { release } from './release.js';

/** The new version stands beside the old one with all of its pods; then all users are switched to it at once. */
export const BlueGreen = z.strictObject({
  kind: z.literal('blueGreen'),
  ...release,
  switch: z
    .strictObject({ service: name.describe('The Service whose selector is switched; SERVICE-canary is the preview') })
    .describe('What users reach the service by'),
  previewReplicas: z
    .int()
    .min(1)
    .optional()
    .describe('Pods of the new version while only the preview reaches it; none: as many as the old version has'),
  smokeBefore: z
    .array(smokeTest)
    .default([])
    .describe('Asked of the preview before the switch; smoke is asked after it'),
  promote: z
    .enum(['auto', 'ask'])
    .default('auto')
    .describe('ask: a person looks at the preview and says "runbook skip"'),
  scaleDownDelay: seconds
    .prefault('5m')
    .describe('How long the old version stays up after the switch: the instant way back'),
  judge: judge.optional().describe('Compares the new version with what the old one showed, during scaleDownDelay'),
});

export type BlueGreen = z.infer<typeof BlueGreen>;
