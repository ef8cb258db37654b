import type { CredentialStatus } from '../../core/credential.js';
import { renderCredentialsMarkdown } from './credentials-markdown.js';
import { renderCredentialsPage } from './credentials-page.js';
import { makeCredentialsReport } from './credentials-report.js';
import { credentialsWords } from './credentials-words.js';

/** How credentials stand, in a format. */
export function renderCredentialsReport(
  statuses: readonly CredentialStatus[],
  madeAt: Date,
  format: 'markdown' | 'html',
  language: string,
): string {
  const report = makeCredentialsReport(statuses, madeAt);
  const words = credentialsWords(language);
  return format === 'html' ? renderCredentialsPage(report, words) : renderCredentialsMarkdown(report, words);
}
