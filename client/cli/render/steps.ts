import { answerCommands } from '../../../core/answer-commands.js';
import type { RunRecord, Step, StepState } from '../../../core/record.js';
import type { Look } from '../look.js';
import { renderBytes } from './bytes.js';
import { alignColumns, indent, wrap } from './text.js';
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

/** A step that asked and was answered by a rollback has failed. */
function shownState({ state }: Step, { phase }: RunRecord): StepState {
  return state === 'asking' && phase !== 'asking' ? 'failed' : state;
}

function renderStep(step: Step, look: Look): string[] {
  const { words, colours } = look;
  const again = step.attempt > 1 ? colours.yellow(` (${words.attempt(step.attempt)})`) : '';
  const took = formatSpan(step.startedAt, step.state === 'running' ? undefined : step.finishedAt, look);
  const below = step.state === 'running' || (step.state !== 'done' && step.error !== undefined);
  return [stepMark(step.state, look), step.name + again, took, below ? '' : colours.dim(step.result ?? '')];
}

/** What a step waits for that goes on: whole, for somebody may have to do something about it; or how far it is. */
function renderWait({ state, result, progress }: Step, look: Look): string[] {
  const { width, colours } = look;
  if (state === 'running' && progress) return indent([renderBytes(progress, look, width - 5)], 3);
  if (state !== 'running' || result === undefined) return [];
  return indent(wrap(result, width - 5).map(colours.yellow), 3);
}

/** Why a step failed matters most: it gets lines of its own, whole. */
function renderError({ state, error, result }: Step, { width, colours }: Look): string[] {
  if (error === undefined || state === 'done' || state === 'running') return [];
  const choice = result === undefined ? [] : [colours.dim(result)];
  return indent([...wrap(error, width - 5).map(colours.red), ...choice], 3);
}

/** The steps with their states and how long each took. */
export function renderSteps(record: RunRecord, look: Look): string[] {
  if (record.steps.length === 0) return [];
  const steps = record.steps.map((step) => ({ ...step, state: shownState(step, record) }));
  const rows = steps.map((step) => renderStep(step, look));
  const aligned = alignColumns(rows, [2]);
  const lines = steps.flatMap((step, index) => [
    aligned[index] ?? '',
    ...renderWait(step, look),
    ...renderError(step, look),
  ]);
  return [look.colours.bold(look.words.headings.steps), ...indent(lines)];
}

/** What was taken back, in the order it was. */
export function renderUndone(record: RunRecord, look: Look): string[] {
  const { words, colours, width } = look;
  if (record.undone.length === 0) return [];
  const lines = record.undone.flatMap(({ name, error }) =>
    error === undefined
      ? [`${colours.green('✓')}  ${name}`]
      : [
          `${colours.red('✗')}  ${name}`,
          ...indent(wrap(`${words.notUndone}: ${error}`, width - 5).map(colours.red), 3),
        ],
  );
  return [colours.bold(words.headings.undone), ...indent(lines)];
}

/** Where a step asks: the commands that answer it. */
export function renderQuestion(record: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  if (record.phase !== 'asking') return [];
  const { workflowId, environment, choices = [] } = record;
  const commands = answerCommands({ workflowId, environment, step: record.steps.at(-1)?.name, choices });
  const rows = commands.map(({ answer, command }) => [colours.dim(words.labels[answer]), colours.cyan(command)]);
  return indent(alignColumns(rows));
}
