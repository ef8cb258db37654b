import { WorkflowNotFoundError } from '@temporalio/client';
import { intakeStep } from '../../core/credential.js';
import { RunbookError } from '../../core/errors.js';
import { workflowIdOf } from '../../core/names.js';
import type { RunRecord } from '../../core/record.js';
import type { Rotate } from '../../runbooks/rotate.js';
import { openProvider } from '../../systems/credentials/open-provider.js';
import { openStore } from '../../systems/credentials/open-store.js';
import { isSame, type SecretValue } from '../../systems/credentials/secret-value.js';
import { keyOfRun } from '../../systems/credentials/store.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { findTokenDirectory } from '../../systems/token-file.js';
import type { Session } from '../connection.js';
import { workerHint } from '../failures.js';
import { choose } from './decide.js';
import { queryRecord } from './read-record.js';
import type { RunReference } from './run-reference.js';

/** How a value comes in, and from whom. */
interface Giving {
  read: () => Promise<string>;
  by: string;
}

/** What came of it; again: the run had it already. */
export interface TakenIn {
  run: Required<RunReference>;
  did: 'taken' | 'again';
}

/**
 * Takes a value from a person, tries it, keeps it in the store as the candidate of the run that asks for it, and tells the run to go on.
 * Nothing of it goes to Temporal. The same value again changes nothing.
 * @throws RunbookError NotFound where no rotation of it runs, Refused where none asks or the value does not work.
 */
export async function takeIn(session: Session, runbook: Rotate, { read, by }: Giving): Promise<TakenIn> {
  const run = await findRunning(session, runbook);
  const { provider, store, versions } = await openCredential(runbook);
  const key = keyOfRun(run.runId);
  const own = versions.pending?.run === key ? versions.pending : versions.publishedBy === key && versions.current;
  const asking = isAsking(run.record);
  if (!asking && !own) throw notAsking(run);
  const given = oneLine(await read());
  const value = provider.identify?.({ user: '', password: given }) ?? { user: '', password: given };
  if (!own || !isSame(value, own)) {
    if (!asking) throw notAsking(run);
    if (isSame(value, versions.current))
      throw new RunbookError(
        'Refused',
        `${provider.where}: expected a new ${provider.noun}, found the old one; nothing is kept`,
      );
    await demandWorks(provider, value);
    await store.stage(value, key);
  }
  const reference = { workflowId: run.workflowId, runId: run.runId };
  if (!asking) return { run: reference, did: 'again' };
  await choose(session, reference, { action: 'retry', by, comment: `gave the new ${provider.noun}` }).catch(
    async (error: unknown) => {
      // Somebody else has told it in the same moment.
      const now = await queryRecord(session, reference);
      if (now === undefined || isAsking(now)) throw error;
    },
  );
  return { run: reference, did: 'taken' };
}

interface Running extends Required<RunReference> {
  record: RunRecord;
}

async function findRunning(session: Session, runbook: Rotate): Promise<Running> {
  const workflowId = workflowIdOf(runbook);
  const description = await session.client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  if (description?.status.name !== 'RUNNING')
    throw new RunbookError(
      'NotFound',
      `${workflowId}: expected a rotation that runs, found none; start it by "runbook rotate FILE", it asks for the value`,
    );
  const { runId } = description;
  const record = await queryRecord(session, { workflowId, runId });
  if (record) return { workflowId, runId, record };
  throw new RunbookError('TemporalUnreachable', `${workflowId}: no worker answers; ${workerHint}`);
}

function isAsking({ phase, steps }: RunRecord): boolean {
  return phase === 'asking' && steps.at(-1)?.name === intakeStep;
}

function notAsking({ workflowId, record: { phase, steps } }: Running): RunbookError {
  const step = steps.at(-1);
  const found = step ? `, at "${step.name}"` : '';
  return new RunbookError(
    'Refused',
    `${workflowId}: expected it to ask for a value, found it ${phase}${found}; nothing is kept, see "runbook watch ${workflowId}"`,
  );
}

async function openCredential(runbook: Rotate) {
  const access = { api: connectKubernetes(), tokens: findTokenDirectory() };
  const provider = await openProvider(runbook.provider, access);
  const store = await openStore(runbook.store, provider, access);
  return { provider, store, versions: await store.read() };
}

/** What comes by a pipe ends with a line break, which is none of it. */
function oneLine(text: string): string {
  const value = text.replace(/\r?\n$/, '');
  if (value !== '' && !/[\r\n]/.test(value) && value === value.trim()) return value;
  const found = value === '' ? 'nothing' : 'line breaks, or spaces at its ends';
  throw new RunbookError('InvalidRequest', `the value: expected one line, found ${found}; nothing is kept`);
}

async function demandWorks(
  { where, noun, try: attempt }: Pick<Awaited<ReturnType<typeof openProvider>>, 'where' | 'noun' | 'try'>,
  value: SecretValue,
): Promise<void> {
  const trial = await attempt(value);
  if (trial === 'works') return;
  if (trial === 'refused')
    throw new RunbookError(
      'Refused',
      `${where}: expected the new ${noun} to work, found it refused; nothing is kept, check what you have copied`,
    );
  throw new RunbookError(
    'SystemUnreachable',
    `${where}: expected to be told whether the new ${noun} works, found no clear answer; nothing is kept, try again`,
  );
}
