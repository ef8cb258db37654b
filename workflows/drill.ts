import { patched, workflowInfo } from '@temporalio/workflow';
import type { DrillMeasurements, RunRecord } from '../core/record.js';
import type { Drill } from '../runbooks/drill.js';
import type { PlannedDrill } from '../activities/drilling.js';
import type { Activity } from './activity.js';
import { conduct } from './conduct.js';
import { failure } from './failures.js';
import type { RunInput } from './messages.js';
import { near } from './near-source.js';
import type { Run } from './run.js';
import { planningBackup, restoring, undoingBackup } from './steps.js';

/** Plan → restore → compare → check → measure; the scratch place is taken down whatever comes of it. */
export async function drill(input: RunInput<Drill>): Promise<RunRecord> {
  const { runbook } = input;
  return conduct('drill', input, {
    plan: planningBackup.planDrill,
    planAgain: planningBackup.planDrill,
    act: async (run, planned) => {
      const { backup, databases, parts } = planned;
      const step = { runbook, backup, run: workflowInfo().runId.slice(-8) };
      const measured = startMeasuring(run, runbook, planned);
      for (const database of databases)
        run.undo.before(`take down the scratch database ${database}`, (call) =>
          call(undoingBackup.removeScratch, { ...step, database }),
        );
      // The copy of a bucket is restored where it lies: nothing is made, and nothing to be taken down.
      const restored = parts.filter(({ kind }) => kind !== 'bucket');
      const scratches = patched('bucket-copies-lie-where-they-are') ? restored : parts;
      for (const part of scratches)
        run.undo.before(`take down the scratch ${part.kind} ${part.name}`, (call) =>
          call(near(part).undoingBackup.removePart, { ...step, part }),
        );
      if (databases.length > 0) await measured.stage('make the roles', restoring.restoreRoles, step);
      for (const database of databases)
        await measured.stage(`restore ${database}`, restoring.restoreDatabase, { ...step, database });
      for (const part of restored)
        await measured.stage(`restore ${part.name}`, near(part).restoring.restorePart, { ...step, part });
      await measured.stage('checks', restoring.checkRestored, step);
      const recoveryPoint = await run.read('newest that came back', restoring.readRecoveryPoint, step, (time) => time);
      const result = measured.end(recoveryPoint);
      for (const database of databases)
        await run.read(`compare ${database}`, restoring.compareDatabase, { ...step, database }, (said) => said);
      for (const part of parts)
        await run.read(`compare ${part.name}`, near(part).restoring.comparePart, { ...step, part }, (said) => said);
      await run.read(
        'remember that it was drilled',
        restoring.markDrilled,
        { ...step, evidence: { ...result } },
        (said) => said,
      );
      await takeDown(run);
      const missed = findMissed(result);
      if (missed.length > 0) throw failure('DrillMissed', missed.join('; '));
      return `backup ${backup} came back whole in ${Math.round(result.rtoSeconds)} s; ${Math.round(result.rpoSeconds)} s would have been lost`;
    },
  });
}

/** Times each part of the way back by the workflow's clock, which is the same whenever it is replayed. */
function startMeasuring(run: Run, { targets, at }: Drill, { backup }: PlannedDrill) {
  const began = Date.now();
  // Of a drill that goes back to a chosen moment, what came after that is not missing.
  const until = at === undefined || at === 'latest' || at === 'backup' ? began : Date.parse(at);
  const stages: DrillMeasurements['stages'] = [];
  return {
    async stage<Input>(name: string, activity: Activity<Input, string>, input: Input): Promise<void> {
      const from = Date.now();
      await run.read(name, activity, input, (said) => said);
      stages.push({ name, seconds: (Date.now() - from) / 1000 });
    },
    end(recoveryPoint: string): DrillMeasurements {
      run.record.drill = {
        ...{ backup, recoveryPoint, stages },
        rtoSeconds: (Date.now() - began) / 1000,
        rpoSeconds: (until - Date.parse(recoveryPoint)) / 1000,
        targets: { rtoSeconds: targets.rto, rpoSeconds: targets.rpo },
      };
      return run.record.drill;
    },
  };
}

function findMissed({ rtoSeconds, rpoSeconds, targets }: DrillMeasurements): string[] {
  const over = (name: string, found: number, wanted: number) =>
    found > wanted ? [`${name}: expected ${wanted} s at most, found ${Math.round(found)} s`] : [];
  return [...over('RTO', rtoSeconds, targets.rtoSeconds), ...over('RPO', rpoSeconds, targets.rpoSeconds)];
}

/** The scratch place goes before the end is told. One that cannot be taken down fails the drill. */
async function takeDown(run: Run): Promise<void> {
  await run.undo.unwind((undone) => {
    run.record.undone.push(undone);
    run.changed();
  });
  const left = run.record.undone.filter(({ error }) => error !== undefined);
  if (left.length > 0) throw failure('NotUndone', left.map(({ name, error }) => `${name}: ${error}`).join('; '));
}
