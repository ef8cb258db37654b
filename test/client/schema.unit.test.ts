import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { schemaText } from '../../client/cli/schema.js';

test.each(['deploy', 'canary', 'environment', 'schedule', 'channels'] as const)(
  'runbooks/schemas/%s.json is current (npm run build && node dist/client/cli/schema.js runbooks/schemas)',
  (kind) => {
    const written = readFileSync(new URL(`../../runbooks/schemas/${kind}.json`, import.meta.url), 'utf8');

    expect(written).toBe(schemaText(kind));
  },
);
