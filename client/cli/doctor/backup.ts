import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { check, type Finding, reasonOf } from './findings.js';

const answerTimeoutMs = 5000;
const runFile = promisify(execFile);

/** What backups need, where the environment names it, as that of the local stack does: elsewhere the runbooks name their stores. */
export async function examineBackup(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { S3_URL: store, POSTGRES_ADDRESS: postgres } = environment;
  const findings: Promise<Finding>[] = [];
  if (store) findings.push(examineStore(store));
  if (postgres) findings.push(examinePostgres(postgres));
  if (store || postgres) findings.push(examinePrograms());
  return Promise.all(findings);
}

/** Any answer below 500 will do: without credentials a store refuses. */
function examineStore(url: string): Promise<Finding> {
  return check('S3', 'check S3_URL and that the store runs; backups need it', async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) }).catch((error: unknown) => {
      throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
    });
    await response.body?.cancel();
    if (response.status >= 500) throw new Error(`${url} answered ${response.status}`);
    return url;
  });
}

function examinePostgres(address: string): Promise<Finding> {
  const next = 'check POSTGRES_ADDRESS and that PostgreSQL runs; backups of databases need it';
  return check('PostgreSQL', next, () => {
    const { hostname: host, port } = new URL(`postgres://${address}`);
    return new Promise<string>((resolve, reject) => {
      const socket = connect({ host, port: Number(port), timeout: answerTimeoutMs });
      const settle = (finish: () => void) => () => {
        socket.destroy();
        finish();
      };
      socket.once(
        'connect',
        settle(() => resolve(address)),
      );
      socket.once(
        'timeout',
        settle(() => reject(new Error(`${address}: no answer`))),
      );
      socket.once('error', (error) => reject(new Error(`${address}: ${error.message}`, { cause: error })));
    });
  });
}

function examinePrograms(): Promise<Finding> {
  return check('backup programs', 'install age and zstd where the worker runs', async () => {
    const [age, zstd] = await Promise.all(['age', 'zstd'].map((name) => runFile(name, ['--version'])));
    const version = /v[\d.]+/.exec(zstd?.stdout ?? '')?.[0] ?? '';
    return `age ${age?.stdout.trim() ?? ''}, zstd ${version}`;
  });
}
