import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CredentialStatus } from '../../../core/credential.js';
import { messageOf, RunbookError } from '../../../core/errors.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { renderCredentials } from '../render/credentials.js';
import type { Terminal } from '../terminal.js';
import { withSession } from '../with-session.js';
import { ru } from '../words/ru.js';
import { addValueOptions, sourcesOf, type ValueOptions } from './value-options.js';

interface CredentialsOptions extends ValueOptions {
  exitCode?: boolean;
  json?: boolean;
  markdown?: boolean;
  html?: string;
}

/** Adds `credentials FILE…`. */
export function addCredentials(program: Command, context: Context): void {
  addValueOptions(program.command('credentials <files...>'))
    .description('show how credentials stand, of rotation runbooks, inventories and folders: age, last proof, debts')
    .option('--exit-code', 'end with 1 where any has a debt')
    .option('--json', 'as JSON')
    .option('--markdown', 'as Markdown')
    .option('--html <file>', 'also as a page, with ages beside the longest that each may have')
    .action((files: string[], options: CredentialsOptions) => credentials(files, options, context));
}

async function credentials(files: string[], options: CredentialsOptions, { terminal, finish }: Context): Promise<void> {
  const { readRotations } = await import('../../rotation-files.js');
  const { runbooks } = await readRotations(files, sourcesOf(options, terminal));
  const found = await withSession({ terminal, finish }, async (session) => {
    const { readCredentials } = await import('../../runs/read-credentials.js');
    return readCredentials(session, runbooks);
  });
  const { words } = lookOf(terminal, terminal.stdout);
  const { renderCredentialsReport } = await import('../../report/render-credentials.js');
  const language = words === ru ? 'ru' : 'en';
  const report = (format: 'html' | 'markdown') => renderCredentialsReport(found, terminal.now(), format, language);
  if (options.html !== undefined) await keepPage(options.html, report('html'), terminal);
  terminal.stdout.write(options.markdown ? report('markdown') : textOf(found, options, terminal));
  if (options.exitCode && found.some(({ debts }) => debts.length > 0)) finish(1);
}

function textOf(found: CredentialStatus[], { json }: CredentialsOptions, terminal: Terminal): string {
  const lines = json ? [JSON.stringify(found)] : renderCredentials(found, lookOf(terminal, terminal.stdout));
  return `${lines.join('\n')}\n`;
}

async function keepPage(file: string, page: string, { stderr }: Terminal): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new RunbookError('InvalidRequest', `--html: ${messageOf(error)}`, { cause: error });
  }
  stderr.write(`${file}\n`);
}
