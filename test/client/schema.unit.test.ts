import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { schemaText, type SchemaKind } from '../../client/cli/schema.js';
import { schemas } from '../../runbooks/index.js';

test.each(Object.keys(schemas) as SchemaKind[])(
  'runbooks/schemas/%s.json is current (npm run build && node dist/client/cli/schema.js runbooks/schemas)',
  (kind) => {
    const written = readFileSync(new URL(`../../runbooks/schemas/${kind}.json`, import.meta.url), 'utf8');

    expect(written).toBe(schemaText(kind));
  },
);
