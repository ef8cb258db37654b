import { PassThrough } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { startPostgresPod } from '../support/postgres-pod.js';

async function runIn(namespace: string, command: string[]): Promise<{ status: V1Status; output: string }> {
  const out = new PassThrough();
  const chunks: Buffer[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk));
  const exec = new Exec(connectKubernetes().kubeConfig);
  const status = await new Promise<V1Status>((resolve, reject) => {
    exec.exec(namespace, 'postgres-0', 'postgres', command, out, out, null, false, resolve).catch(reject);
  });
  return { status, output: Buffer.concat(chunks).toString('utf8') };
}

test('the node runs a PostgreSQL pod, which is reached by password and dumped from inside', async () => {
  const namespace = `postgres-pod-${process.pid}`;
  const pod = await startPostgresPod(namespace);
  try {
    const server = { host: pod.address, user: 'postgres', database: 'postgres' };
    const client = new pg.Client({ ...server, password: pod.password });
    await client.connect();
    await client.query(
      `CREATE TABLE orders AS SELECT 'coffee' AS what, TIMESTAMPTZ '2026-07-01 12:00 Europe/Berlin' AS at`,
    );
    await client.end();
    await expect(new pg.Client({ ...server, password: 'another' }).connect()).rejects.toThrow(/password/);

    const { status, output } = await runIn(namespace, ['pg_dump', '--table=orders', 'postgres']);
    expect(status.status).toBe('Success');
    expect(output).toContain('coffee\t2026-07-01 10:00:00+00');
  } finally {
    await pod.remove();
  }
}, 180_000);
