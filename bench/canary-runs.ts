import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../client/connection.js';
import { readRecord } from '../client/runs/read-record.js';
import { startRun } from '../client/runs/start-run.js';
import type { RunRecord } from '../core/record.js';
import type { Canary } from '../runbooks/canary.js';
import { parseRunbook, type Runbook } from '../runbooks/index.js';
import { StackError } from '../stack/stack-error.js';
import type { BenchShop } from './bench-shop.js';

const endsWithinSeconds = 240;

/** A canary of one step at 25 %, judged as runbooks are by default. */
export interface BenchCanary extends BenchShop {
  tag: string;
  /** Share of its requests that the new version answers with 500. */
  newErrorRate: number;
  prometheus: string;
  by: 'httpRoute' | 'replicas';
  eye: 'pods' | 'prometheus';
  /** Shortest time at 25 %. */
  seconds: number;
}

/** The runbook; its ConfigMap carries the error rate, because the environment goes before what the image says. */
export function canaryRunbook(canary: BenchCanary): Runbook {
  const { namespace, tag, newErrorRate, prometheus, by, eye, seconds } = canary;
  const pods = eye === 'pods' ? ', pods: { port: 8080 }' : '';
  const traffic = by === 'httpRoute' ? '{ by: httpRoute, httpRoute: web, service: web }' : '{ by: replicas }';
  return parseRunbook(
    `kind: canary
service: web
environment: ${namespace}
target: { namespace: ${namespace}, deployment: web }
image: registry.local/storefront:${tag}
config: { configMaps: { web-config: { GREETING: Hello from ${tag}, ERROR_RATE: '${newErrorRate}' } } }
traffic: ${traffic}
steps: [{ weight: 25, atLeast: ${seconds}s }]
judge: { prometheus: '${prometheus}'${pods} }`,
    'canary.yaml',
  ) as Canary;
}

/** Starts a run without a gate and waits for its end. */
export async function runToEnd(session: Session, runbook: Runbook): Promise<RunRecord> {
  const run = await startRun(session, { runbook, requestedBy: { name: 'bench', trust: 'claimed' } });
  const end = Date.now() + endsWithinSeconds * 1000;
  for (;;) {
    const { status } = await session.client.workflow.getHandle(run.workflowId, run.runId).describe();
    if (status.name !== 'RUNNING') return (await readRecord(session, run)).record;
    if (Date.now() > end) {
      throw new StackError(`${run.workflowId}: expected it to end within ${endsWithinSeconds} s; see the Temporal UI`);
    }
    await sleep(500);
  }
}
