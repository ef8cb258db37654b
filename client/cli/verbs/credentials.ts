import type { Command } from 'commander';
import type { Rotate } from '../../../runbooks/rotate.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { refuse } from '../options.js';
import { renderCredentials } from '../render/credentials.js';
import { withSession } from '../with-session.js';
import { addValueOptions, sourcesOf, type ValueOptions } from './value-options.js';

interface CredentialsOptions extends ValueOptions {
  exitCode?: boolean;
  json?: boolean;
}

/** Adds `credentials FILE…`. */
export function addCredentials(program: Command, context: Context): void {
  addValueOptions(program.command('credentials <files...>'))
    .description('show how credentials stand, by their rotation runbooks: age, next due, last proof, debts')
    .option('--exit-code', 'end with 1 where any has a debt')
    .option('--json', 'as JSON')
    .action((files: string[], options: CredentialsOptions) => credentials(files, options, context));
}

async function credentials(files: string[], options: CredentialsOptions, { terminal, finish }: Context): Promise<void> {
  const { readRunbook } = await import('../../runbook-file.js');
  const runbooks: Rotate[] = [];
  for (const file of files) {
    const { runbook } = await readRunbook(file, sourcesOf(options, terminal));
    refuse(runbook.kind !== 'rotate', `${file}: expected a runbook of kind rotate, found ${runbook.kind}`);
    if (runbook.kind === 'rotate') runbooks.push(runbook);
  }
  const found = await withSession({ terminal, finish }, async (session) => {
    const { readCredentials } = await import('../../runs/read-credentials.js');
    return readCredentials(session, runbooks);
  });
  const lines = options.json ? [JSON.stringify(found)] : renderCredentials(found, lookOf(terminal, terminal.stdout));
  terminal.stdout.write(`${lines.join('\n')}\n`);
  if (options.exitCode && found.some(({ debts }) => debts.length > 0)) finish(1);
}
