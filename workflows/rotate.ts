import { isCancellation, patched, sleep, workflowInfo } from '@temporalio/workflow';
import type { PlannedRotation } from '../activities/rotation-plan.js';
import type { CandidateStep, RotationStep } from '../activities/rotating.js';
import { intakeStep, type Handle } from '../core/credential.js';
import type { RunRecord } from '../core/record.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { Activity } from './activity.js';
import { conduct } from './conduct.js';
import { causeOf, failure } from './failures.js';
import type { Approvals } from './gate.js';
import type { RunInput } from './messages.js';
import type { Run } from './run.js';
import { observing, rotating, undoing, watching } from './steps.js';

/** Plan → gate → stage → set → verify → publish → adopt → grace → retire → prove. A leak is contained first and approved after. */
export async function rotate(input: RunInput<Rotate>): Promise<RunRecord> {
  const { runbook, gate, permission: _, ...rest } = input;
  const isLeak = runbook.reason === 'leak';
  return conduct('rotate', isLeak ? { runbook, ...rest } : input, {
    plan: isLeak ? planOfLeak : rotating.planRotation,
    planAgain: rotating.planRotation,
    act: async (run, planned, approvals) => {
      if (!isLeak) await takeTurn(run, runbook);
      const candidate = await stage(run, runbook, planned);
      const step = { ...stepOf(runbook, planned), candidate };
      run.record.rotation = { credential: runbook.credential, reason: runbook.reason, old: step.old, new: candidate };
      const since = await run.read('set it', rotating.setCandidate, step, (at) => `in force since ${at}`);
      await run.step('verify it', rotating.verifyCandidate, step);
      const { failed } = await handOver(run, step, since);
      await retire(run, step, planned);
      if (isLeak && gate) await approveAfterwards(run, approvals, { gate, planned });
      if (failed.length > 0) throw failure('RolloutFailed', failed.join('; '));
      const { old, oldEndsAt } = planned;
      const end = oldEndsAt === undefined ? `the old one of ${old.user} is dead` : `nobody uses the old one`;
      return `${candidate.user} (${candidate.fingerprint}) is in use, and ${end}`;
    },
  });
}

/** That it has leaked is kept in the store before anything can fail: it is owed until a later version is proven, whatever run does it. */
const planOfLeak: Activity<{ runbook: Rotate }, PlannedRotation> = {
  async executeWithOptions(options, [{ runbook }]) {
    const at = workflowInfo().startTime.toISOString();
    if (patched('a-leak-is-a-debt'))
      await rotating.exposeCredential.executeWithOptions({ summary: 'remember the leak' }, [{ runbook, at }]);
    return rotating.planRotation.executeWithOptions(options, [{ runbook }]);
  },
};

async function takeTurn(run: Run, { service, environment }: Rotate): Promise<void> {
  const turn = { service, environment, workflowId: workflowInfo().workflowId };
  await run.read('no other rotation', observing.refuseOtherRotation, turn, (said) => said);
}

function stepOf(runbook: Rotate, { old }: PlannedRotation): RotationStep {
  const { runId, startTime } = workflowInfo();
  return { runbook, runId, startedAt: startTime.toISOString(), old };
}

const goOn = 'the old one may be dead; run the rotation again, it goes on from here';

const kept = ({ user, fingerprint }: Required<Handle>) =>
  `${user} (${fingerprint}) is kept in the store, and nobody reads it yet`;

async function stage(run: Run, runbook: Rotate, planned: PlannedRotation): Promise<Required<Handle>> {
  const { user, byHand, succession } = planned;
  const step = stepOf(runbook, planned);
  run.undo.before('make the candidate useless', (call) => call(undoing.discardCandidate, step));
  if (!byHand && succession === 'atOnce') run.pointOfNoReturn = goOn;
  const candidate = byHand
    ? await takeByHand(run, step)
    : await run.read('stage a candidate', rotating.stageCandidate, { ...step, user }, kept);
  if (succession === 'atOnce') run.pointOfNoReturn = goOn;
  return candidate;
}

/** Asks people for the new value until it is there. It goes from them to the store, and never through here. */
async function takeByHand(run: Run, step: RotationStep): Promise<Required<Handle>> {
  for (;;) {
    try {
      return await run.read(intakeStep, rotating.findCandidate, step, kept);
    } catch (error) {
      if (isCancellation(error)) throw error;
      if ((await run.askAfterLast(['retry', 'rollback'], { expected: true })) === 'rollback') throw error;
    }
  }
}

/** Gives consumers the new version, until nobody uses the old one. Of a leak also with those that do not follow. */
async function handOver(run: Run, step: CandidateStep, since: string): Promise<{ failed: string[] }> {
  const { runbook, runId, old, candidate } = step;
  const isLeak = runbook.reason === 'leak';
  let begun = 0;
  runbook.consumers.forEach((consumer, index) => {
    run.undo.before(
      `${consumer.deployment} takes the old one again`,
      (call) => call(undoing.adoptVersion, { runbook, runId, consumer, handle: old, onlyIfNeeded: true }),
      { unless: () => index >= begun },
    );
  });
  run.undo.before('the store gives out the old one again', (call) => call(undoing.pointBack, step));
  await run.read('publish it', rotating.publishCandidate, step, (said) => said);
  const failed: string[] = [];
  for (const consumer of runbook.consumers) {
    begun += 1;
    const adoption = { runbook, runId, consumer, handle: candidate };
    try {
      await run.read(`adopt: ${consumer.deployment}`, watching.adoptVersion, adoption, (said) => said);
    } catch (error) {
      if (!isLeak || isCancellation(error)) throw error;
      failed.push(`${consumer.deployment} has not taken the new one: ${causeOf(error).message}`);
    }
  }
  if (isLeak) return { failed };
  const adoptedAt = new Date().toISOString();
  // Of one user's two passwords only the time tells which a session has come in with.
  const use = { runbook, old, adoptedAt, ...(old.user === candidate.user && { before: since }) };
  await run.read('nobody uses the old one', watching.awaitUnused, use, (said) => said);
  if (runbook.reason === 'scheduled' && runbook.grace > 0) {
    const expiresAt = new Date(Date.now() + runbook.grace * 1000).toISOString();
    if (run.record.rotation) run.record.rotation.oldExpiresAt = expiresAt;
    const wait = () => sleep(runbook.grace * 1000, { summary: `the old one lives until ${expiresAt}` });
    await run.tell('grace', wait, () => 'over');
    await run.read('still nobody uses it', watching.awaitUnused, use, (said) => said);
  }
  return { failed };
}

async function retire(run: Run, step: CandidateStep, { oldEndsAt, byHand }: PlannedRotation): Promise<void> {
  const { rotation } = run.record;
  if (oldEndsAt !== undefined) {
    if (rotation) rotation.oldExpiresAt = oldEndsAt;
    await run.read('prove that nobody uses it', undoing.proveRetired, step, (said) => said);
    if (rotation) rotation.provedAt = new Date().toISOString();
    return;
  }
  run.pointOfNoReturn = goOn;
  const retireIt = () => run.read('retire the old one', undoing.retireOld, step, (at) => `since ${at}`);
  const revokedAt = await (byHand?.retire === undefined ? retireIt() : whileRetired(run, byHand.retire, retireIt));
  if (rotation) {
    delete rotation.oldExpiresAt;
    rotation.oldRevokedAt = revokedAt;
  }
  await run.read('prove that it is dead', undoing.proveRetired, step, (said) => said);
  if (rotation) rotation.provedAt = new Date().toISOString();
}

/** A person has to retire the old one where it is; the step sees it when it is done. */
async function whileRetired(run: Run, what: string, retireIt: () => Promise<string>): Promise<string> {
  run.enter('acting', `a person: ${what}`);
  const answered = run.teller.asked({ name: `retire the old one: ${what}` }, [], true);
  try {
    const revokedAt = await retireIt();
    answered({ answer: 'goneOn' });
    run.enter('acting');
    return revokedAt;
  } catch (error) {
    answered();
    throw error;
  }
}

/** What is contained stays so: people are asked whether it was right, and the answer is kept. */
async function approveAfterwards(
  run: Run,
  approvals: Approvals,
  { gate, planned }: { gate: NonNullable<RunInput<Rotate>['gate']>; planned: PlannedRotation },
): Promise<void> {
  const pass = () => approvals.pass(gate, planned.plan);
  try {
    await run.tell('approval afterwards', pass, () => 'approved');
  } catch {
    // The gate and the step have kept who said no, or that nobody answered.
  }
  run.enter('acting');
}
