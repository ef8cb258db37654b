import { Argument, type Command } from 'commander';
import type { Context } from '../context.js';

const kinds = [
  'deploy',
  'canary',
  'blueGreen',
  'train',
  'backup',
  'drill',
  'restore',
  'beat',
  'rotate',
  'credentials',
  'environment',
  'schedule',
  'access',
  'channels',
] as const;

/** Adds `schema KIND`. */
export function addSchema(program: Command, { terminal }: Context): void {
  program
    .command('schema')
    .description('print the JSON Schema of a kind of file, for editors')
    .addArgument(new Argument('<kind>', 'which').choices(kinds))
    .action(async (kind: (typeof kinds)[number]) => {
      const { schemaText } = await import('../schema.js');
      terminal.stdout.write(schemaText(kind));
    });
}
