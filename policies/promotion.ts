import { formatSeconds } from '../core/duration.js';
import type { PastRelease } from '../core/past-releases.js';
import type { PromotionRule } from '../core/permission.js';

/** Whether an image has proven itself in another environment: by which run; or why not, and from when on it will have. */
export type Proof = { proven: true; note: string } | { proven: false; why: string; until?: Date };

/** States of a run before which the release still serves all by itself, or as the stable version beside a canary that holds. */
const harmless: readonly string[] = ['planning', 'waiting', 'rejected', 'expired', 'failed'];

function showMinute(at: number | Date): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function nameOf({ workflowId, runId }: PastRelease): string {
  return `${workflowId} run ${runId}`;
}

function unproven(rule: PromotionRule, why: string): Proof {
  return { proven: false, why: `not proven in ${rule.after}: ${why}` };
}

/** What ended the standing of an image; undefined while nothing has. The releases are those since, the newest first. */
function findOvertaking(image: string, since: readonly PastRelease[]): string | undefined {
  for (const release of since) {
    const { state } = release;
    const same = release.image === image;
    if (harmless.includes(state) || (same && state === 'succeeded')) continue;
    // What failed with another image and was undone has put this one back; what failed with this image speaks against it.
    if (!same && state === 'undone') continue;
    const what = same ? 'the same image' : (release.image ?? 'an unknown image');
    return `${what} came after it (${nameOf(release)}, ${state})`;
  }
  return undefined;
}

/**
 * Looks for the release that proves an image: succeeded in the environment before, finished long enough ago, and neither rolled back
 * nor overtaken since. Images are compared as they are written: a tag proves a tag, a digest a digest.
 * @param releases of the same service in the environment before, the newest first.
 */
export function findProof(rule: PromotionRule, image: string, releases: readonly PastRelease[], now: Date): Proof {
  const succeeded = releases.filter(
    (release) => release.image === image && release.state === 'succeeded' && release.finishedAt !== undefined,
  );
  const newest = succeeded[0];
  if (!newest) {
    const [last] = releases;
    const found = last
      ? `the last is ${last.image ?? 'an unknown image'} (${nameOf(last)}, ${last.state})`
      : 'there is none at all; Temporal forgets ended runs after the retention of its namespace';
    return unproven(rule, `expected a succeeded release of ${image}, found none: ${found}; release it there first`);
  }
  const overtaking = findOvertaking(image, releases.slice(0, releases.indexOf(newest)));
  if (overtaking)
    return unproven(rule, `${image} was released there (${nameOf(newest)}), but ${overtaking}; release it there again`);
  const standing = succeeded.filter((release) => !findOvertaking(image, releases.slice(0, releases.indexOf(release))));
  return checkSoak(rule, standing, now);
}

/** Whether one of the releases that still stand has stood for long enough. */
function checkSoak(rule: PromotionRule, standing: readonly PastRelease[], now: Date): Proof {
  const finished = standing.map((release) => ({ name: nameOf(release), at: Date.parse(release.finishedAt ?? '') }));
  const ripe = finished.find(({ at }) => at <= now.getTime() - rule.soakSeconds * 1000);
  if (ripe) return { proven: true, note: `proven in ${rule.after} by ${ripe.name}, finished ${showMinute(ripe.at)}` };
  const oldest = finished.reduce((one, other) => (other.at < one.at ? other : one));
  const until = new Date(oldest.at + rule.soakSeconds * 1000);
  const soak = formatSeconds(rule.soakSeconds);
  const why = `it is there since ${showMinute(oldest.at)} (${oldest.name}), expected ${soak} at least: wait until ${showMinute(until)}`;
  return { proven: false, why: `not proven in ${rule.after}: ${why}`, until };
}
