import { isGrpcServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { PayloadCodec } from '@temporalio/common';
import { loadConfig } from '../../../core/config.js';
import { loadDataConverter } from '../../../core/data-converter.js';
import { messageOf } from '../../../core/errors.js';
import { clusterQueue, runbooksQueue, searchAttributes } from '../../../core/names.js';
import { connect, readTemporalSettings, type Session } from '../../connection.js';
import { countPollers } from '../../runs/task-queues.js';
import { check, type Finding } from './findings.js';

async function tryCodecs(codecs: readonly PayloadCodec[]): Promise<string> {
  const sample = new TextEncoder().encode('a line in clear');
  for (const codec of codecs) {
    const [decoded] = await codec.decode(await codec.encode([{ data: sample }]));
    if (!Buffer.from(decoded?.data ?? []).equals(sample)) throw new Error('a payload did not come back as it went');
  }
  return codecs.length === 0 ? 'payloads travel in clear (RUNBOOK_KEYRING=off)' : 'encrypts and decrypts';
}

/** The key ring: there, readable, and its current key works. */
export function examineKeyRing(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const next = 'set RUNBOOK_KEYRING to the key ring file of the workers, or to "off" where they use none';
  return check('key ring', next, () =>
    tryCodecs(loadDataConverter(loadConfig(environment).keyRing).payloadCodecs ?? []),
  );
}

async function findMissingAttributes({ connection, namespace }: Session): Promise<string> {
  const answer = await connection.operatorService.listSearchAttributes({ namespace });
  const known = new Map(Object.entries({ ...answer.systemAttributes, ...answer.customAttributes }));
  const keyword = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  const wrong = Object.values(searchAttributes).filter(({ name }) => known.get(name) !== keyword);
  if (wrong.length > 0) throw new Error(`not registered as Keyword: ${wrong.map(({ name }) => name).join(', ')}`);
  return `${Object.keys(searchAttributes).length} registered`;
}

async function findWorkers(session: Session, queue: string, tasks: 'workflow' | 'activity'): Promise<string> {
  const count = await countPollers(session, queue, tasks);
  if (count === 0) throw new Error(`nobody polls "${queue}" for ${tasks} tasks`);
  return `${count} ${count === 1 ? 'polls' : 'poll'} "${queue}"`;
}

async function examineNamespace({ connection, namespace }: Session): Promise<Finding> {
  const next = `temporal operator namespace create -n ${namespace}, or set TEMPORAL_NAMESPACE`;
  return check('namespace', next, async () => {
    try {
      await connection.workflowService.describeNamespace({ namespace });
    } catch (error) {
      // gRPC puts its status number before the sentence.
      throw isGrpcServiceError(error) ? new Error(error.details, { cause: error }) : error;
    }
    return namespace;
  });
}

async function examineSession(session: Session): Promise<Finding[]> {
  const { namespace } = session;
  const found = await examineNamespace(session);
  if (!found.ok) return [found];
  const attributes = Object.values(searchAttributes).map(({ name }) => `--name ${name} --type Keyword`);
  const register = `temporal operator search-attribute create -n ${namespace} ${attributes.join(' ')}`;
  const serve = 'start one: node dist/workers/main.js, with RUNBOOK_QUEUES for some queues only';
  return [
    found,
    ...(await Promise.all([
      check('search attributes', register, () => findMissingAttributes(session)),
      check('worker: runs', serve, () => findWorkers(session, runbooksQueue, 'workflow')),
      check('worker: cluster', serve, () => findWorkers(session, clusterQueue, 'activity')),
    ])),
  ];
}

async function connectForChecks(environment: NodeJS.ProcessEnv): Promise<Session> {
  try {
    // The key ring has a check of its own.
    return await connect({ ...environment, RUNBOOK_KEYRING: 'off' }, 'runbook doctor');
  } catch (error) {
    // What to do about it stands beside the finding.
    throw new Error(messageOf(error).split('; ')[0], { cause: error });
  }
}

/** Temporal: reachable, namespace, search attributes, workers on both queues. */
export async function examineTemporal(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  let session: Session | undefined;
  const reachable = await check('Temporal', 'npm run stack, or set TEMPORAL_ADDRESS', async () => {
    session = await connectForChecks(environment);
    return readTemporalSettings(environment).address;
  });
  if (!session) return [reachable];
  const findings = await examineSession(session);
  await session.close();
  return [reachable, ...findings];
}
