import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { schemas } from '../../runbooks/index.js';

/** The kinds of file that have a schema. */
export type SchemaKind = keyof typeof schemas;

/** The JSON Schema of what an operator writes, with a final newline. */
export function schemaText(kind: SchemaKind): string {
  return `${JSON.stringify(z.toJSONSchema(schemas[kind], { io: 'input' }), null, 2)}\n`;
}

/** Writes every schema into a folder: `node dist/client/cli/schema.js runbooks/schemas`. */
function writeSchemas(folder: string): void {
  for (const kind of Object.keys(schemas) as SchemaKind[]) {
    writeFileSync(join(folder, `${kind}.json`), schemaText(kind));
  }
}

if (argv[1] === fileURLToPath(import.meta.url) && argv[2] !== undefined) writeSchemas(argv[2]);
