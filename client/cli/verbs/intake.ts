import type { Command } from 'commander';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { refuse } from '../options.js';
import { personOf, withSession } from '../with-session.js';
import { addValueOptions, sourcesOf, type ValueOptions } from './value-options.js';

interface IntakeOptions extends ValueOptions {
  by?: string;
  json?: boolean;
}

/** Adds `intake FILE`. */
export function addIntake(program: Command, context: Context): void {
  addValueOptions(program.command('intake <file>'))
    .description(
      'give the new value that a running rotation asks for: typed unseen, or on stdin; it goes to the store only',
    )
    .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
    .option('--json', 'what was done, as JSON; never the value')
    .action((file: string, options: IntakeOptions) => intake(file, options, context));
}

async function intake(file: string, options: IntakeOptions, context: Context): Promise<void> {
  const { terminal } = context;
  const { readRunbook } = await import('../../runbook-file.js');
  const { runbook } = await readRunbook(file, sourcesOf(options, terminal));
  refuse(runbook.kind !== 'rotate', `${file}: expected a runbook of kind rotate, found ${runbook.kind}`);
  if (runbook.kind !== 'rotate') return;
  const { provider } = runbook;
  refuse(
    provider.kind !== 'byHand',
    `${file}: expected a provider of kind byHand, found ${provider.kind}: its rotation asks nobody for a value`,
  );
  if (provider.kind !== 'byHand') return;
  const { noun, user } = provider;
  const { words } = lookOf(terminal, terminal.stdout);
  const by = options.by ?? personOf(terminal);
  await withSession(context, async (session) => {
    const { takeIn } = await import('../../runs/take-in.js');
    const read = () => terminal.askSecret(words.intake.ask(noun, user));
    const { run, did } = await takeIn(session, runbook, { read, by });
    const said = options.json
      ? JSON.stringify({ ...run, did, by })
      : `${run.workflowId}: ${words.intake[did](noun, user)}`;
    terminal.stdout.write(`${said}\n`);
    terminal.stderr.write(`${words.watchAgain(run.workflowId)}\n`);
  });
}
