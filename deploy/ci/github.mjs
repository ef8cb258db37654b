// @ts-check
import { writeFile } from 'node:fs/promises';
import { Failure } from './failure.mjs';
import { readSettings } from './settings.mjs';
import { fieldsOf } from './text.mjs';

/** @import { Platform } from './platform.mjs' */

/** A token of GitHub lasts for about five minutes. */
const freshMs = 4 * 60_000;

/**
 * A job of GitHub Actions.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Platform}
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function openGithub(environment) {
  const input = (/** @type {string} */ name) => environment[`INPUT_${name.toUpperCase()}`]?.trim();
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_JOB, GITHUB_ACTION } =
    environment;
  const job = `${GITHUB_SERVER_URL ?? ''}/${GITHUB_REPOSITORY ?? ''}/actions/runs/${GITHUB_RUN_ID ?? ''}`;
  const values = (input('values') ?? '').split('\n').filter((line) => line.trim() !== '');
  const settings = readSettings(input, values, job);
  return {
    settings,
    // Tried again by a person, it is another run; the step tells two of the same job apart.
    job: [job, GITHUB_RUN_ATTEMPT, GITHUB_JOB, GITHUB_ACTION].join(' '),
    token: keepToken(() => askToken(environment, settings.audience)),
    // Both files are of this step alone: written anew, they hold what is known last.
    async show({ run, runId, status, url, markdown }) {
      const outputs = { run, 'run-id': runId, status, url };
      const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
      if (environment['GITHUB_OUTPUT']) await writeFile(environment['GITHUB_OUTPUT'], lines.join(''));
      if (environment['GITHUB_STEP_SUMMARY']) await writeFile(environment['GITHUB_STEP_SUMMARY'], `${markdown}\n`);
    },
    complain(message) {
      const data = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
      process.stdout.write(`::error title=Runbook::${data}\n`);
    },
  };
}

/**
 * Asks for a token only where the last one is old, or was refused.
 * @param {() => Promise<string>} ask
 * @returns {Platform['token']}
 */
function keepToken(ask) {
  let token = '';
  let askedAt = -Infinity;
  return async (refused) => {
    if (refused !== undefined || Date.now() - askedAt > freshMs) {
      token = await ask();
      askedAt = Date.now();
    }
    return token;
  };
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} audience
 */
async function askToken({ ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret }, audience) {
  if (!address || !secret)
    throw new Failure('GitHub gives this job no identity: expected "permissions: id-token: write" in the workflow');
  const url = new URL(address);
  url.searchParams.set('audience', audience);
  const headers = { authorization: `Bearer ${secret}`, accept: 'application/json' };
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(10_000) });
  const { value } = response.ok ? fieldsOf(await response.json()) : {};
  if (typeof value === 'string' && value !== '') return value;
  // No Failure: whoever wants the token tries again, as long as there is time.
  throw new Error(`GitHub's token endpoint: expected a token for "${audience}", found ${response.status}`);
}
