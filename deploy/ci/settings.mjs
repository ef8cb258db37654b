// @ts-check
import { Failure } from './failure.mjs';
import { readValues } from './values.mjs';

/**
 * @typedef {object} Settings
 * @property {URL} server
 * @property {{ runbook: string, environment?: string, values?: Record<string, string>, reason: string }} request
 * @property {string} audience
 * @property {number} timeoutMinutes
 */

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** @param {string} text */
function readServer(text) {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  const safe = server?.protocol === 'https:' || (server?.protocol === 'http:' && loopback.includes(server.hostname));
  // Whoever reads along has the token.
  if (!server || !safe) throw new Failure(`server: expected an address that begins with https://, found "${text}"`, 2);
  return server;
}

/** @param {string} text */
function readTimeout(text) {
  const minutes = Number(text);
  const possible = text.trim() !== '' && minutes > 0 && minutes <= 7 * 24 * 60;
  if (!possible) throw new Failure(`timeout-minutes: expected a number up to a week of minutes, found "${text}"`, 2);
  return minutes;
}

/**
 * What the job was given.
 * @param {(name: string) => string | undefined} input one input by its name
 * @param {readonly string[]} values
 * @param {string} job where the job is to be seen: the reason, unless another is given
 * @returns {Settings}
 */
export function readSettings(input, values, job) {
  const runbook = input('runbook') ?? '';
  if (runbook === '') throw new Failure('runbook: expected the name of a file of the server, found nothing', 2);
  const environment = input('environment') ?? '';
  return {
    server: readServer(input('server') ?? ''),
    request: {
      runbook,
      ...(environment !== '' && { environment }),
      ...(values.length > 0 && { values: readValues(values) }),
      reason: input('reason') || job,
    },
    audience: input('audience') || 'temporal-runbooks',
    timeoutMinutes: readTimeout(input('timeout-minutes') || '60'),
  };
}
