import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { schemas } from '../../runbooks/index.js';

/** The kinds of file that have a schema. */
export type SchemaKind = keyof typeof schemas;

/** What is checked after ${NAME} got its value may be a ${NAME} while it is written: editors must not mark it. */
function allowVariables({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { type, pattern, format } = jsonSchema;
  if (type !== 'string' || (pattern === undefined && format === undefined)) return;
  delete jsonSchema.pattern;
  delete jsonSchema.format;
  const checked = { ...(pattern !== undefined && { pattern }), ...(format !== undefined && { format }) };
  jsonSchema.anyOf = [checked, { pattern: String.raw`\$\{[A-Z]` }];
}

/** The JSON Schema of what an operator writes, with a final newline. */
export function schemaText(kind: SchemaKind): string {
  return `${JSON.stringify(z.toJSONSchema(schemas[kind], { io: 'input', override: allowVariables }), null, 2)}\n`;
}

/** Writes every schema into a folder: `node dist/client/cli/schema.js runbooks/schemas`. */
function writeSchemas(folder: string): void {
  for (const kind of Object.keys(schemas) as SchemaKind[]) {
    writeFileSync(join(folder, `${kind}.json`), schemaText(kind));
  }
}

if (argv[1] === fileURLToPath(import.meta.url) && argv[2] !== undefined) writeSchemas(argv[2]);
