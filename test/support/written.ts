import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { loadDataConverter } from '../../core/data-converter.js';
import { runCli } from './cli.js';
import { setting } from './settings.js';

/** What was written, by where. */
export type Written = Record<string, string | Buffer>;

const stackDirectory = () => dirname(setting('RUNBOOK_KEYRING'));

/** Every file that Temporal keeps its data in, its write-ahead log included. */
export async function readTemporalData(): Promise<Buffer> {
  const directory = stackDirectory();
  const names = (await readdir(directory)).filter((name) => /^temporal.*\.(db|sqlite)/.test(name));
  if (names.length === 0) throw new Error(`${directory}: expected Temporal's database, found none`);
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(directory, name)))));
}

/** Pods of other tests come and go, and their logs with them. */
function unlessGone<T>(error: unknown, otherwise: T): T {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
  throw error;
}

async function findLogs(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => unlessGone(error, []));
  const below = entries.map(async (entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return findLogs(path);
    return entry.isFile() && /\.log(\.\d+)?$/.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(below)).flat();
}

/** The logs of all of the stack's servers, of its pods, and of whoever owns them. */
export async function readStackLogs(): Promise<Written> {
  const directory = stackDirectory();
  const own = (await readdir(directory)).filter((name) => name.endsWith('.log')).map((name) => join(directory, name));
  const below = await Promise.all(['log', 'gateway', 'node/pod-logs'].map((name) => findLogs(join(directory, name))));
  if (below[0]?.length === 0) throw new Error(`${directory}/log: expected logs, found none`);
  const read = [own, ...below].flat().map(async (path) => {
    const text = await readFile(path).catch((error: unknown) => unlessGone(error, ''));
    return [`log ${relative(directory, path)}`, text] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const { metadata, data } = value as Payload;
  if (metadata && data instanceof Uint8Array) return [{ metadata, data }];
  return Object.values(value).flatMap(payloadsIn);
}

/** An answer of Temporal's as it is, and what its payloads say once they are decrypted: a failure's words are in one as well. */
async function readBoth(answer: object): Promise<{ raw: string; decoded: string }> {
  const payloads = payloadsIn(answer);
  const { payloadCodecs = [] } = loadDataConverter(setting('RUNBOOK_KEYRING'));
  const decoded = await Promise.all(payloadCodecs.map((codec) => codec.decode(payloads)));
  const texts = decoded.flat().map(({ data }) => Buffer.from(data ?? []).toString('utf8'));
  return { raw: JSON.stringify(answer), decoded: texts.join('\n') };
}

/** All that is to be read of a run that has ended: its history, what it answers, and what the command line says of it. */
export async function readRun(handle: WorkflowHandle): Promise<Written> {
  const { raw, decoded } = await readBoth(await handle.fetchHistory());
  const written: Written = { 'raw history': raw, 'decoded history': decoded };
  for (const query of ['record', '__stack_trace', '__temporal_workflow_metadata'])
    written[`query ${query}`] = JSON.stringify(await handle.query(query));
  for (const verb of ['describe', 'watch'])
    for (const format of [[], ['--json']]) {
      const { stdout, stderr } = await runCli([verb, handle.workflowId, ...format]);
      written[`runbook ${[verb, ...format].join(' ')}`] = `${stdout}\n${stderr}`;
    }
  return written;
}

const lookEveryMs = 300;

/** Looks again and again at what is under way in runs of these ids: heartbeats, and failures that are tried again. */
export function watchPending(client: Client, workflowIds: readonly string[]) {
  const seen = new Set<string>();
  const state = { stopped: false };
  const look = async (workflowId: string) => {
    const namespace = setting('TEMPORAL_NAMESPACE');
    const asked = client.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } });
    const answer = await asked.catch(() => undefined); // none of this id yet
    if (!answer) return;
    const { raw, decoded } = await readBoth(answer);
    seen.add(raw).add(decoded);
  };
  const looking = (async () => {
    while (!state.stopped) {
      await Promise.all(workflowIds.map(look));
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  })();
  return {
    text: () => [...seen].join('\n'),
    async stop() {
      state.stopped = true;
      await looking;
    },
  };
}
