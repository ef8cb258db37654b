import type { RunRecord, Step, StepState } from '../../../core/record.js';
import type { Look } from '../look.js';
import { alignColumns, indent } from './text.js';
import { formatSpan } from './times.js';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const paintsPerSecond = 4;

/** One sign per state; the running one turns while somebody watches. */
export function stepMark(state: StepState, { colours, now }: Look): string {
  switch (state) {
    case 'done':
      return colours.green('✓');
    case 'failed':
      return colours.red('✗');
    case 'skipped':
      return colours.dim('–');
    case 'asking':
      return colours.yellow('?');
    case 'running': {
      const turn = Math.floor((now.getTime() / 1000) * paintsPerSecond) % spinner.length;
      return colours.cyan(spinner[turn] ?? '·');
    }
  }
}

function renderStep(step: Step, look: Look): string[] {
  const { words, colours } = look;
  const again = step.attempt > 1 ? colours.yellow(` (${words.attempt(step.attempt)})`) : '';
  const note =
    step.error !== undefined && step.state !== 'done' ? colours.red(step.error) : colours.dim(step.result ?? '');
  const choice = step.error !== undefined && step.result !== undefined ? colours.dim(` · ${step.result}`) : '';
  return [
    stepMark(step.state, look),
    step.name + again,
    formatSpan(step.startedAt, step.finishedAt, look),
    note + choice,
  ];
}

/** The steps with their states and how long each took. */
export function renderSteps(record: RunRecord, look: Look): string[] {
  if (record.steps.length === 0) return [];
  const rows = record.steps.map((step) => renderStep(step, look));
  return [look.colours.bold(look.words.headings.steps), ...indent(alignColumns(rows, [2]))];
}

/** What was taken back, in the order it was. */
export function renderUndone(record: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  if (record.undone.length === 0) return [];
  const rows = record.undone.map(({ name, error }) =>
    error === undefined
      ? [colours.green('✓'), name]
      : [colours.red('✗'), name, colours.red(`${words.notUndone}: ${error}`)],
  );
  return [colours.bold(words.headings.undone), ...indent(alignColumns(rows))];
}

/** Where a step asks: the commands that answer it. */
export function renderQuestion(record: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  if (record.phase !== 'asking') return [];
  const verbs = (['retry', 'skip', 'rollback'] as const).filter(
    (verb) => verb !== 'skip' || record.waitingFor?.includes('skip') !== false,
  );
  const rows = verbs.map((verb) => [
    colours.dim(words.labels[verb]),
    colours.cyan(`runbook ${verb} ${record.workflowId}`),
  ]);
  return indent(alignColumns(rows));
}
