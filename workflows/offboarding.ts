import { workflowInfo } from '@temporalio/workflow';
import type { PlannedOffboarding } from '../activities/planning-rotations.js';
import type { RunRecord } from '../core/record.js';
import { leftAt } from '../policies/credential-debts.js';
import type { Offboarding } from '../runbooks/offboarding.js';
import { conduct } from './conduct.js';
import { failure } from './failures.js';
import type { RunInput } from './messages.js';
import { readCredentials, statusesOf } from './read-credentials.js';
import { demandAll, rotateEach } from './rotate-each.js';
import type { Run } from './run.js';
import { observing, reading } from './steps.js';

/**
 * Somebody leaves: everything that they could know is replaced, as one campaign that is approved once. Run again it goes on with what is
 * left. That they have left is kept in each store before anybody is asked: it is so, whether or not the campaign is approved, and stays
 * a debt until a later version is proven to be the only one alive. Temporal forgets runs; the store lives as long as the credential.
 */
export async function offboarding(input: RunInput<Offboarding>): Promise<RunRecord> {
  const { runbook } = input;
  const plan = { executeWithOptions: () => remember(runbook) };
  const { gate: _, ...children } = input;
  return conduct('offboarding', input, {
    plan,
    planAgain: plan,
    act: async (run, { owed }) => {
      const rotations = runbook.credentials.filter(({ credential }) => owed.includes(credential));
      const asked = { ...children, reason: `${runbook.service} leaves` };
      await rotateEach(
        run,
        asked,
        rotations.map((each) => ({ ...each, reason: 'offboarding' })),
      );
      return conclude(run, runbook);
    },
  });
}

async function remember({ service: person, environment, credentials }: Offboarding): Promise<PlannedOffboarding> {
  const before = await readCredentials({ runbooks: credentials });
  const at = leftAt(person, before, workflowInfo().startTime.toISOString());
  const statuses = await statusesOf(credentials, (runbook) => reading.exposeCredential({ runbook, person, at }));
  return observing.planOffboarding({ person, environment, at, statuses });
}

/** What the stores say counts, not what was tried. */
async function conclude(run: Run, { service: person, credentials }: Offboarding): Promise<string> {
  const statuses = await readCredentials({ runbooks: credentials });
  const said = await run.step('tell monitoring', observing.watchCredentials, { statuses });
  const done = demandAll(run.record);
  const owing = statuses.filter(
    ({ unread, exposures }) => unread === true || exposures.some((each) => each.person === person),
  );
  if (owing.length > 0)
    throw failure(
      'PartlyDone',
      `${done}; still owed: ${owing.map(({ credential }) => credential).join(', ')}; ${said}`,
    );
  return `${done}; ${said}`;
}
