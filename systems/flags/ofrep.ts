import { z } from 'zod';
import { askFlagServer } from './request.js';

/** One flag as a service would ask for it, by the OpenFeature Remote Evaluation Protocol. */
export interface Evaluation {
  /** Address of the evaluating server, without /ofrep. */
  url: string;
  flag: string;
  /** What targeting rules may look at. */
  context: Record<string, string | number | boolean>;
  token?: string;
}

const Evaluated = z.object({
  value: z.unknown().optional(),
  reason: z.string().optional(),
  variant: z.string().optional(),
});

/** What services get for the flag: off, or in words what else. */
export interface SeenFlag {
  off: boolean;
  text: string;
}

/**
 * Asks what services see. Only the value `false` is off: an answer without a value leaves each service to its own default.
 * https://github.com/open-feature/protocol/blob/main/service/openapi.yaml
 * @throws RunbookError Forbidden, NotFound, Refused (the context does not do), SystemUnreachable.
 */
export async function evaluateFlag(evaluation: Evaluation, timeoutMs: number): Promise<SeenFlag> {
  const { url, flag, context, token } = evaluation;
  const answer = await askFlagServer({
    what: `flag ${flag} as services see it (OFREP)`,
    method: 'POST',
    url: `${url.replace(/\/$/, '')}/ofrep/v1/evaluate/flags/${encodeURIComponent(flag)}`,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: { context },
    timeoutMs,
  });
  const { value, reason = 'no reason', variant } = Evaluated.catch({ value: undefined }).parse(answer);
  const shown = value === undefined ? 'no value' : JSON.stringify(value).slice(0, 80);
  return { off: value === false, text: `${shown} (${[variant, reason].filter(Boolean).join(', ')})` };
}
