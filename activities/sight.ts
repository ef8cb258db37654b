import { sleep } from '@temporalio/activity';
import { formatSeconds } from '../core/duration.js';
import { RunbookError } from '../core/errors.js';
import { readSamples } from '../systems/prometheus.js';
import { podPatterns, type SightInput } from './eyes.js';

/** How far back a pod's last scrape may lie. */
const sightSeconds = 60;
const sightPollMs = 250;

/** The pods whose scrapes Prometheus records, told by its own `up` series; undefined where it keeps none for this service. */
async function scrapedPods(prometheus: string, input: SightInput): Promise<number | undefined> {
  const { namespaceLabel, podLabel } = input.judge;
  const patterns = podPatterns(input);
  const seen = async (pattern: string) => {
    const selector = `up{${namespaceLabel}="${input.target.namespace}",${podLabel}=~"${pattern}"}`;
    const series = await readSamples(prometheus, selector, sightSeconds);
    return series.filter(({ samples }) => samples.at(-1)?.[1] === 1).length;
  };
  const stable = await seen(patterns.stable);
  return stable === 0 ? undefined : seen(patterns.canary);
}

/** The activity that opens the eyes before the traffic. */
export function createSightActivities() {
  return {
    /**
     * Waits until the canary's metrics can be seen: no user's request should go to a version that nobody watches.
     * @throws RunbookError CanaryUnseen, after judge.unseen.after.
     */
    async awaitSight(input: SightInput): Promise<string> {
      const { prometheus, pods: direct, unseen } = input.judge;
      if (prometheus === undefined || direct) return 'not awaited: the pods themselves are looked at';
      const end = Date.now() + unseen.after * 1000;
      let trouble = 'Prometheus has scraped none of the canary’s pods';
      for (;;) {
        const pods = await scrapedPods(prometheus, input).catch((error: unknown) => {
          if (!(error instanceof RunbookError) || error.code !== 'MetricsUnreachable') throw error;
          trouble = error.message;
          return 0;
        });
        if (pods === undefined) return 'not awaited: the stable version’s pods have no "up" series';
        if (pods > 0) return `${pods} pod(s) are scraped`;
        if (Date.now() > end) {
          const seconds = formatSeconds(unseen.after);
          throw new RunbookError('CanaryUnseen', `${trouble} for ${seconds}; no user has reached the canary`);
        }
        await sleep(sightPollMs);
      }
    },
  };
}
