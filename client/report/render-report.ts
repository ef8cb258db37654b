import type { RunRecord } from '../../core/record.js';
import { makeDrillReport } from './drill-report.js';
import { renderMarkdown } from './markdown.js';
import { renderPage } from './page.js';
import { reportWords } from './words.js';

/** The report of drills in a format; undefined where none of them has ended. */
export function renderReport(
  records: readonly RunRecord[],
  madeAt: Date,
  format: 'json' | 'markdown' | 'html',
  language: string,
): string | undefined {
  const report = makeDrillReport(records, madeAt);
  if (!report) return undefined;
  if (format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  const words = reportWords(language);
  return format === 'html' ? renderPage(report, words) : renderMarkdown(report, words);
}
