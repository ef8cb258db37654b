import { Command, CommanderError } from 'commander';
import type { Context, ExitCode } from './context.js';
import { reportFailure } from './report-failure.js';
import type { Terminal } from './terminal.js';
import { addAbort } from './verbs/abort.js';
import { addApi } from './verbs/api.js';
import { addApprove, addReject } from './verbs/approve.js';
import { addAuth } from './verbs/auth.js';
import { addChoices } from './verbs/choose.js';
import { addCodec } from './verbs/codec.js';
import { addCompletion } from './verbs/completion.js';
import { addCredentials } from './verbs/credentials.js';
import { addDescribe } from './verbs/describe.js';
import { addDoctor } from './verbs/doctor.js';
import { addDrill } from './verbs/drill.js';
import { addIntake } from './verbs/intake.js';
import { addList } from './verbs/list.js';
import { addPlan } from './verbs/plan.js';
import { addPromote } from './verbs/promote.js';
import { addReport } from './verbs/report.js';
import { addRollback } from './verbs/rollback.js';
import { addRotate } from './verbs/rotate.js';
import { addRun } from './verbs/run.js';
import { addSchedule } from './verbs/schedule.js';
import { addSchema } from './verbs/schema.js';
import { addValidate } from './verbs/validate.js';
import { addWatch } from './verbs/watch.js';

const footer = `
RUN is a run's id (deploy/prod/web), or a service's name where only one run can be meant; SERVICE likewise.

Exit codes: 0 ok · 1 error · 2 usage or invalid runbook · 3 failed and undone · 4 rejected · 5 approval expired ·
6 blocked (lock, freeze, proof) · 7 the plan has changes · 8 failed and NOT undone ·
9 the backup did not come back as it was · 124 watch timed out · 130 detached

Settings: RUNBOOK_KEYRING (key ring file, or "off"), TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE,
RUNBOOK_USER (your name), RUNBOOK_LANG (en, ru), NO_COLOR, RUNBOOK_DEBUG=1 (stack traces)`;

/** The whole command line, ready to parse. */
export function buildProgram(context: Context): Command {
  const { stdout, stderr } = context.terminal;
  const program = new Command('runbook')
    .description('Releases as durable runs on Temporal: planned, approved, watched, and undone when they fail')
    .option('--verbose', 'show stack traces of unexpected errors')
    .helpOption('-h, --help', 'show this')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns() ?? 100,
      getErrHelpWidth: () => stderr.columns() ?? 100,
    })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', footer);
  program.commandsGroup('Release:');
  addRun(program, context);
  addPlan(program, context);
  addValidate(program, context);
  program.commandsGroup('Look:');
  addList(program, context);
  addDescribe(program, context);
  addWatch(program, context);
  program.commandsGroup('Decide:');
  addApprove(program, context);
  addReject(program, context);
  addAbort(program, context);
  addChoices(program, context);
  addRollback(program, context);
  addPromote(program, context);
  program.commandsGroup('By the clock:');
  addSchedule(program, context);
  program.commandsGroup('Prove backups:');
  addDrill(program, context);
  addReport(program, context);
  program.commandsGroup('Replace credentials:');
  addRotate(program, context);
  addIntake(program, context);
  addCredentials(program, context);
  program.commandsGroup('Set up:');
  addDoctor(program, context);
  addApi(program, context);
  addAuth(program, context);
  addCodec(program, context);
  addSchema(program, context);
  addCompletion(program, context);
  program.addHelpCommand(new Command('help').argument('[verb]').description('show what a verb takes'));
  return program;
}

/** Runs one command line and answers its exit code. Never throws, never ends the process. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = buildProgram({ terminal, finish: (code) => (exitCode = code) });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said it already: help and version end with 0, everything else is a usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const verbose =
      program.opts<{ verbose?: boolean }>().verbose === true || Boolean(terminal.environment['RUNBOOK_DEBUG']);
    return reportFailure(error, terminal, { verbose, json: argv.includes('--json') });
  }
}
