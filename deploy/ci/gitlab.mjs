// @ts-check
import { writeFile } from 'node:fs/promises';
import { Failure } from './failure.mjs';
import { readSettings } from './settings.mjs';

/** @import { Platform } from './platform.mjs' */

/**
 * A job of GitLab CI, as templates/runbook/template.yml sets it up.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Platform}
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export function openGitlab(environment) {
  const input = (/** @type {string} */ name) =>
    environment[`RUNBOOK_${name.toUpperCase().replaceAll('-', '_')}`]?.trim();
  const { CI_JOB_URL = '', CI_PIPELINE_ID, CI_JOB_ID } = environment;
  return {
    settings: readSettings(input, readList(environment['RUNBOOK_VALUES'] ?? 'values: []'), CI_JOB_URL),
    // A job that is tried again has another number, and is another run.
    job: `${CI_JOB_URL} pipeline ${CI_PIPELINE_ID ?? ''} job ${CI_JOB_ID ?? ''}`,
    token(refused) {
      const token = environment['RUNBOOK_ID_TOKEN'];
      if (!token) throw new Failure('GitLab gives this job no identity: expected RUNBOOK_ID_TOKEN among its id_tokens');
      // It lasts as long as the job may, and there is no other.
      if (refused) throw new Failure(`the server does not take the identity of this job: ${refused}`);
      return Promise.resolve(token);
    },
    // Written anew each time: a job that is killed leaves what was known until then.
    async show({ run, runId, status, url, markdown }) {
      const report = { RUNBOOK_RUN: run, RUNBOOK_RUN_ID: runId, RUNBOOK_STATUS: status, RUNBOOK_URL: url };
      const lines = Object.entries(report).map(([name, value]) => `${name}=${value}\n`);
      await writeFile('runbook.env', lines.join(''));
      await writeFile('runbook.md', `${markdown}\n`);
    },
    complain: (message) => void process.stderr.write(`${message}\n`),
  };
}

/**
 * An input of the type array, as GitLab writes it into the job: JSON, or as Ruby shows a list, which differs in "\#".
 * @param {string} text
 * @returns {string[]}
 */
function readList(text) {
  const json = text
    .replace(/^values:/, '')
    .replaceAll(/\\(.)/gs, (escaped, letter) => (letter === '#' ? '#' : escaped));
  try {
    const list = /** @type {unknown} */ (JSON.parse(json));
    if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list;
  } catch {
    // Said below.
  }
  throw new Failure(`values: expected a list of "NAME=VALUE", found ${json.trim().slice(0, 80)}`, 2);
}
