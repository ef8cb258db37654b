import { sleep } from '@temporalio/activity';
import { formatSeconds } from '../core/duration.js';
import { RunbookError } from '../core/errors.js';
import type { Judge } from '../runbooks/judge.js';
import type { Target } from '../systems/kubernetes/release.js';
import { readSamples } from '../systems/prometheus.js';

export interface SightInput {
  target: Target;
  /** The canary's ReplicaSet: only its pods are this run's. */
  replicaSet: string;
  judge: Judge;
}

/** How far back a pod's last scrape may lie. */
const sightSeconds = 60;
const sightPollMs = 250;

/** The pods whose scrapes Prometheus records, told by its own `up` series; undefined where it keeps none for this service. */
async function scrapedPods(input: SightInput): Promise<number | undefined> {
  const { prometheus, namespaceLabel, podLabel } = input.judge;
  const seen = async (pattern: string) => {
    const selector = `up{${namespaceLabel}="${input.target.namespace}",${podLabel}=~"${pattern}"}`;
    const series = await readSamples(prometheus, selector, sightSeconds);
    return series.filter(({ samples }) => samples.at(-1)?.[1] === 1).length;
  };
  const stable = await seen(`${input.target.deployment}-[a-z0-9]+-[a-z0-9]{5}`);
  return stable === 0 ? undefined : seen(`${input.replicaSet}-[a-z0-9]{5}`);
}

/** The activity that opens the eyes before the traffic. */
export function createSightActivities() {
  return {
    /**
     * Waits until the canary's metrics can be seen: no user's request should go to a version that nobody watches.
     * @throws RunbookError CanaryUnseen, after judge.unseenTimeout.
     */
    async awaitSight(input: SightInput): Promise<string> {
      const end = Date.now() + input.judge.unseenTimeout * 1000;
      let trouble = 'Prometheus has scraped none of the canary’s pods';
      for (;;) {
        const pods = await scrapedPods(input).catch((error: unknown) => {
          if (!(error instanceof RunbookError) || error.code !== 'MetricsUnreachable') throw error;
          trouble = error.message;
          return 0;
        });
        if (pods === undefined) return 'not awaited: the stable version’s pods have no "up" series';
        if (pods > 0) return `${pods} pod(s) are scraped`;
        if (Date.now() > end) {
          const seconds = formatSeconds(input.judge.unseenTimeout);
          throw new RunbookError('CanaryUnseen', `${trouble} for ${seconds}; no user has reached the canary`);
        }
        await sleep(sightPollMs);
      }
    },
  };
}
