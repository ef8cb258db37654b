import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/settings.js';

const main = fileURLToPath(new URL('../../../deploy/ci/main.mjs', import.meta.url));

/** A job as its runner starts it: a process of its own, with nothing of this one's environment. */
export interface Job {
  /** What people see of it so far. */
  log(): string;
  until(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code. */
  ended: Promise<number | null>;
  /** A file that it has left; empty where there is none. */
  file(name: string): string;
}

const folders: string[] = [];

/** Removes what jobs have left. */
export const removeJobs = () => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));

function start(environment: NodeJS.ProcessEnv, folder = mkdtempSync(join(tmpdir(), 'ci-job-'))): Job {
  folders.push(folder);
  const child = spawn(process.execPath, [main], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  return {
    log: () => log,
    async until(text) {
      await eventually(`"${text}" in the log`, 20, () => Promise.resolve(log.includes(text)));
    },
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve) => child.once('close', resolve)),
    file: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : ''),
  };
}

const usual = { server: '', runbook: 'shop/deploy.yaml', environment: 'stage', values: 'TAG=1.5.0' };

/** Whom a job asks: the API, and who gives it its token. */
interface AskedServer {
  url: string;
  issuer: { environment(url: string): NodeJS.ProcessEnv };
}

/** Starts a job of GitHub Actions with these inputs; what else its environment is to hold comes over that. */
export function startGithubJob(
  server: AskedServer,
  inputs: Record<string, string> = {},
  more: NodeJS.ProcessEnv = {},
): Job {
  const folder = mkdtempSync(join(tmpdir(), 'ci-job-'));
  const given = Object.entries({ ...usual, server: server.url, 'timeout-minutes': '1', ...inputs });
  return start(
    {
      PATH: process.env['PATH'],
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_REPOSITORY: 'shop/web',
      GITHUB_RUN_ID: '4711',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: 'stage',
      GITHUB_ACTION: '__run',
      GITHUB_OUTPUT: join(folder, 'output'),
      GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
      ...server.issuer.environment(server.url),
      ...Object.fromEntries(given.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...more,
    },
    folder,
  );
}

/** Starts a job of GitLab CI with these variables. */
export function startGitlabJob(server: Pick<AskedServer, 'url'>, variables: NodeJS.ProcessEnv): Job {
  return start({
    PATH: process.env['PATH'],
    GITLAB_CI: 'true',
    CI_PIPELINE_ID: '12',
    CI_JOB_ID: '345',
    CI_JOB_URL: 'https://gitlab.example/shop/web/-/jobs/345',
    RUNBOOK_SERVER: server.url,
    RUNBOOK_RUNBOOK: 'shop/deploy.yaml',
    RUNBOOK_TIMEOUT_MINUTES: '1',
    ...variables,
  });
}
