import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { errorTable, messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import { InvalidRunbook } from '../../runbooks/problems.js';
import { explainFailure } from '../failures.js';

const ProblemPlace = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
});

/** What a failure looks like from outside: https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Of the error table'),
    exitCode: z.int().describe('What the command line ends with for the same failure'),
    problems: z.array(ProblemPlace).optional().describe('Each place of a file that is wrong'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export const problemType = 'application/problem+json';

/** Codes for what Fastify itself refuses before a handler is asked. */
const codeOfStatus: Record<number, ErrorCode> = { 404: 'NotFound', 429: 'TooMany' };

interface HttpFailure {
  statusCode?: number;
  /** Of the framework's own refusals: which part of a request a schema does not take. */
  validation?: unknown;
}

/** A failure with a code of ours, and the status that callers see. */
function classify(thrown: unknown): { error: RunbookError; status: number } {
  const explained = explainFailure(thrown);
  if (explained instanceof RunbookError) return { error: explained, status: errorTable[explained.code].httpStatus };
  const { statusCode = 500, validation } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as HttpFailure;
  if (validation !== undefined) return { error: new RunbookError('InvalidRequest', messageOf(thrown)), status: 422 };
  if (statusCode < 400 || statusCode >= 500)
    return { error: new RunbookError('Unexpected', 'the server failed; its log says why'), status: 500 };
  const code = codeOfStatus[statusCode] ?? 'InvalidRequest';
  return { error: new RunbookError(code, messageOf(thrown)), status: statusCode };
}

/** What a caller is told of anything that was thrown: no stack, no secret, nothing of what was not foreseen. */
export function problemOf(thrown: unknown): Problem {
  const { error, status } = classify(thrown);
  return {
    type: `urn:temporal-runbooks:${error.code}`,
    title: STATUS_CODES[status] ?? 'Failed',
    status,
    detail: redact(error.message),
    code: error.code,
    exitCode: errorTable[error.code].exitCode,
    ...(error instanceof InvalidRunbook && { problems: error.problems.map((problem) => ({ ...problem })) }),
  };
}
