import type { LoadSummary } from './summary.js';

/** The summary as a few lines for people. */
export function renderSummary(summary: LoadSummary): string {
  const lines = [
    `${summary.sent} sent, ${summary.answered} answered, ${summary.failed} failed, ${summary.resent} resent`,
  ];
  for (const [version, part] of Object.entries(summary.byVersion)) {
    lines.push(
      `  version ${version}: ${part.answered} answered, ${part.failed} failed, p50 ${part.p50Ms.toFixed(0)} ms, p95 ${part.p95Ms.toFixed(0)} ms`,
    );
  }
  for (const [error, count] of Object.entries(summary.errors)) lines.push(`  ${error}: ${count}`);
  return `${lines.join('\n')}\n`;
}
