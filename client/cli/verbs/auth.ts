import { writeFile } from 'node:fs/promises';
import { Argument, Option, type Command } from 'commander';
import { verbs, type Verb } from '../../../core/access.js';
import { messageOf, RunbookError } from '../../../core/errors.js';
import { runKinds, type RunKind } from '../../../core/record.js';
import type { Context } from '../context.js';
import { collect } from '../options.js';
import { personOf } from '../with-session.js';

interface CanIOptions {
  as?: string;
  group?: string[];
  kind?: RunKind;
  environment?: string;
  service?: string;
  json?: boolean;
}

/** Adds `auth can-i|token|keys`. */
export function addAuth(program: Command, context: Context): void {
  const group = program
    .command('auth')
    .description('who may do what, by the access file (RUNBOOK_ACCESS); keys and tokens for it');
  group
    .command('can-i')
    .addArgument(new Argument('<verb>', 'what').choices(verbs))
    .description('say whether somebody may do something, by which rule; ends with 1 where not')
    .option('--as <name>', 'who; default: $RUNBOOK_USER, else the OS user')
    .option(
      '--group <name>',
      'a group that an issuer says of them, as ISSUER:GROUP; may be given more than once',
      collect,
    )
    .addOption(new Option('--kind <kind>', 'kind of runbook').choices(runKinds))
    .option('-e, --environment <name>', 'environment')
    .option('--service <name>', 'service')
    .option('--json', 'the answer as JSON')
    .action((verb: Verb, options: CanIOptions) => canI(verb, options, context));
  group
    .command('token <name>')
    .description('make a token for the access file: itself on stdout, its line for the file on stderr')
    .action((name: string) => printToken(name, context));
  group
    .command('keys <file>')
    .description('make the key by which an API signs votes: the private half into the file, the public one on stdout')
    .action((file: string) => makeKeys(file, context));
}

async function canI(verb: Verb, options: CanIOptions, { terminal, finish }: Context): Promise<void> {
  const { loadConfig } = await import('../../../core/config.js');
  const { readAccessFile } = await import('../../../runbooks/access-file.js');
  const { mayDo } = await import('../../../policies/access.js');
  const { access: file } = loadConfig(terminal.environment);
  if (file === undefined)
    throw new RunbookError('InvalidSettings', 'RUNBOOK_ACCESS: expected the path of an access file, found nothing');
  const access = await readAccessFile(file)();
  const { kind, environment, service, as: name = personOf(terminal), group: groups = [] } = options;
  const action = { verb, ...(kind && { kind }), ...(environment && { environment }), ...(service && { service }) };
  const answer = mayDo(access, { name, via: 'the command line', groups }, action);
  terminal.stdout.write(
    options.json ? `${JSON.stringify(answer)}\n` : `${answer.allowed ? 'yes' : 'no'}: ${answer.why}\n`,
  );
  if (!answer.allowed) finish(1);
}

async function printToken(name: string, { terminal }: Context): Promise<void> {
  const { hashToken, makeToken } = await import('../../api/authentication/static-token.js');
  const token = makeToken();
  const year = new Date(terminal.now().getTime() + 365 * 86_400_000).toISOString();
  const line = { name, sha256: hashToken(token), person: personOf(terminal), expires: year };
  terminal.stdout.write(`${token}\n`);
  terminal.stderr.write(`for "tokens" of the access file:\n  - ${JSON.stringify(line)}\n`);
}

async function makeKeys(file: string, { terminal }: Context): Promise<void> {
  const { makeSigningKey } = await import('../../../core/statement.js');
  const { privateKey, publicKey } = await makeSigningKey();
  try {
    // One that is there is not overwritten: votes that it has signed would count no more.
    await writeFile(file, `${JSON.stringify(privateKey)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new RunbookError('InvalidRequest', `${file}: ${messageOf(error)}`, { cause: error });
  }
  terminal.stdout.write(`${JSON.stringify(publicKey)}\n`);
  terminal.stderr.write(
    `${file}: the private half, for RUNBOOK_VOTE_KEY; the line above is for "voteKeys" of the access file\n`,
  );
}
