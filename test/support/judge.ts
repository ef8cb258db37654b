import type { z } from 'zod';
import { Canary } from '../../runbooks/canary.js';

/** What a canary's runbook says under `judge`, read as the product reads it: with its units and what it leaves out. */
export function judgeOf(judge: z.input<typeof Canary>['judge']): Canary['judge'] {
  return Canary.parse({
    kind: 'canary',
    service: 'web',
    environment: 'dev',
    target: { namespace: 'shop', deployment: 'web' },
    image: 'registry.local/web:1',
    traffic: { by: 'replicas' },
    steps: [{ weight: 50 }],
    judge,
  }).judge;
}
