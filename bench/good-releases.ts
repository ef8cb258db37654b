import type { BenchContext } from './bench.js';
import { withCanaryBench, type CanaryBench } from './canary-bench.js';
import { canaryRunbook, runToEnd } from './canary-runs.js';
import type { BenchResult } from './result.js';

const background = 0.005;

/** Argo Rollouts 1.10.0 on the same kind of cluster with the same load: it took back 3 of 5 good releases. */
const peerShare = 3 / 5;

/** The same program with the same errors, so every one that is taken back is a false alarm. */
async function measure({ session, canary, options, say }: CanaryBench): Promise<string[]> {
  const takenBack: string[] = [];
  for (let run = 1; run <= options.good; run += 1) {
    const tag = run % 2 === 1 ? '1.5.0' : '1.4.0';
    const { outcome, measurements } = await runToEnd(
      session,
      canaryRunbook({ ...canary, tag, newErrorRate: background }),
    );
    if (outcome?.name !== 'succeeded') takenBack.push(`${tag}: ${outcome?.message ?? '?'}`);
    say(`good release ${run} of ${options.good} (${tag}): ${outcome?.name ?? '?'}: ${measurements?.reason ?? '?'}`);
  }
  return takenBack;
}

/** How many good releases in a row are taken back, where both versions answer 0.5 % of the requests with an error. */
export async function benchGoodReleases(context: BenchContext): Promise<BenchResult> {
  const { good, eye, scrapeSeconds } = context.options;
  const takenBack = await withCanaryBench(context, background, measure);
  return {
    ours: takenBack.length,
    peer: peerShare * good,
    peerSource: 'Argo Rollouts 1.10.0, measured earlier on the same kind of cluster with the same load: 3 of 5, scaled',
    unit: `good releases of ${good} taken back`,
    runs: good,
    figures: { seenBy: eye === 'pods' ? 'the pods, each second' : `Prometheus, every ${scrapeSeconds} s` },
    notes: takenBack,
  };
}
