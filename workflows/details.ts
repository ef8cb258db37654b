import { intakeStep } from '../core/credential.js';
import type { Gate, RunRecord, StepState } from '../core/record.js';

const marks: Record<StepState, string> = { running: '…', done: '✓', failed: '✗', skipped: '–', asking: '?' };

/** Text from outside on one line: it must not be able to write headings, list items or table cells of its own. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|]/g, '\\$&');
}

/** The same between back-quotes, where nothing but those can end it. */
function code(text: string): string {
  return `\`${text.replace(/\s+/g, ' ').replace(/[`|]/g, "'")}\``;
}

function describeGate({ name, attempt, plan, rule, expiresAt, decision }: Gate): string[] {
  const heading = `### Gate: ${name}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
  if (decision) return [heading, `**${decision}**`];
  const who = rule.approvers.length > 0 ? ` from ${inline(rule.approvers.join(', '))}` : '';
  return [
    heading,
    `Waits for ${rule.approvals} approval(s)${who}, until ${expiresAt}; then: ${rule.onExpiry}.`,
    'To vote here: **Send a Signal** `approve` or `reject` with the input',
    '```json',
    JSON.stringify({ by: 'YOUR NAME', plan: plan.slice(0, 12), comment: '' }),
    '```',
  ];
}

/** How to answer a question from the Temporal UI. */
function describeQuestion(choices: string, step: string): string[] {
  const aside =
    step === intakeStep
      ? ['Give the value to `runbook intake FILE` in a terminal, **never here**: the run goes on by itself.']
      : [];
  return [
    '### What shall become of it?',
    ...aside,
    `To answer here: **Send a Signal** \`decide\`, with one of ${inline(choices)} as the action`,
    '```json',
    JSON.stringify({ by: 'YOUR NAME', action: choices.split(', ')[0] ?? '' }),
    '```',
  ];
}

/** The run as a Markdown check-list: what the Temporal UI shows on its page. */
export function describeRun(record: RunRecord): string {
  const { phase, plan, gates, votes, steps, undone, outcome, requestedBy, waitingFor, breakGlass } = record;
  const lines = [`Asked for by **${inline(requestedBy.name)}**${record.reason ? `: ${inline(record.reason)}` : ''}`];
  if (breakGlass) lines.push('', `**Glass broken** by **${inline(breakGlass.by)}**: ${inline(breakGlass.reason)}`);
  if (outcome) lines.push('', `## ${outcome.name}: ${inline(outcome.message)}`);
  else if (waitingFor) lines.push('', `## Waiting for ${inline(waitingFor)}`);
  if (phase === 'asking' && waitingFor)
    lines.push('', ...describeQuestion(waitingFor.split(':')[0] ?? '', steps.at(-1)?.name ?? ''));
  if (plan) {
    lines.push('', `### Plan \`${plan.hash.slice(0, 12)}\`: ${plan.subject}`);
    // A list, not a table: the Temporal UI shows these details in half a page.
    lines.push(...plan.changes.map(({ what, from, to }) => `- ${inline(what)}: ${code(from)} → ${code(to)}`));
    lines.push('', `Way back: ${plan.wayBack}.`, ...plan.notes.map((note) => `Note: ${note}.`));
  }
  for (const gate of gates) lines.push('', ...describeGate(gate));
  for (const vote of votes) {
    const counts = vote.refused === undefined ? '' : ` — does not count: ${inline(vote.refused)}`;
    lines.push(
      `- ${vote.verdict} by **${inline(vote.by)}** (${vote.trust})${vote.comment ? `: ${inline(vote.comment)}` : ''}${counts}`,
    );
  }
  lines.push(
    '',
    '### Steps',
    ...steps.map((step) => `- ${marks[step.state]} ${step.name}: ${inline(step.error ?? step.result ?? '…')}`),
  );
  if (undone.length > 0) {
    lines.push(
      '',
      '### Undone',
      ...undone.map(({ name, error }) => `- ${error ? '✗' : '✓'} ${name}${error ? `: ${inline(error)}` : ''}`),
    );
  }
  return lines.join('\n');
}
