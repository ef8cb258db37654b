import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PastRelease } from '../../core/past-releases.js';
import type { PromotionRule } from '../../core/permission.js';
import { findProof } from '../../policies/promotion.js';

const now = new Date('2026-11-21T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const rule: PromotionRule = { after: 'stage', soakSeconds: 3600 };
const image = 'shop/web:1.5.0';
const other = 'shop/web:1.6.0';

/** A release in stage that took a minute and ended so many minutes ago. */
function ended(minutes: number, changes: Partial<PastRelease> = {}): PastRelease {
  return {
    workflowId: 'deploy/stage/web',
    runId: `run-${minutes}`,
    image,
    state: 'succeeded',
    startedAt: minutesAgo(minutes + 1),
    finishedAt: minutesAgo(minutes),
    ...changes,
  };
}

function open(state: string, changes: Partial<PastRelease> = {}): PastRelease {
  const { finishedAt: _, ...release } = ended(1, { state, ...changes });
  return release;
}

describe('an image is proven', () => {
  test.each<[string, PastRelease[], string]>([
    ['by a release that ended as long ago as is asked for', [ended(60)], 'run-60'],
    ['by the later of two that are old enough', [ended(70), ended(90)], 'run-70'],
    ['by the first, when the same was released again since', [ended(5), ended(90)], 'run-90'],
    [
      'though another version was tried since and undone',
      [ended(30, { image: other, state: 'undone' }), ended(90)],
      'run-90',
    ],
    ['though another version waits for its approval', [open('waiting', { image: other }), ended(90)], 'run-90'],
    ['though another version was rejected', [ended(30, { image: other, state: 'rejected' }), ended(90)], 'run-90'],
    [
      'though another version failed before it changed anything',
      [ended(30, { image: other, state: 'failed' }), ended(90)],
      'run-90',
    ],
    ['by its release after another version', [ended(70), ended(80, { image: other }), ended(90)], 'run-70'],
  ])('%s', (_, releases, by) => {
    expect(findProof(rule, image, releases, now)).toEqual({
      proven: true,
      note: expect.stringMatching(
        new RegExp(`^proven in stage by deploy/stage/web run ${by}, finished 2026-11-21 1\\d:\\d\\d UTC$`),
      ),
    });
  });

  test('at once where no time is asked for', () => {
    expect(findProof({ after: 'stage', soakSeconds: 0 }, image, [ended(0)], now)).toMatchObject({ proven: true });
  });
});

describe('an image is not proven, and waiting does not help', () => {
  test.each<[string, PastRelease[], string]>([
    ['where nothing was released', [], 'there is none at all'],
    ['by another version', [ended(90, { image: other })], `the last is ${other}`],
    [
      'by the same version under another name',
      [ended(90, { image: `${image}@sha256:${'0'.repeat(64)}` })],
      'found none',
    ],
    [
      'by a release that failed',
      [ended(90, { state: 'undone' })],
      `the last is ${image} (deploy/stage/web run run-90, undone)`,
    ],
    ['by one that is not through', [open('acting')], 'run-1, acting'],
    ['by one that was ended by force', [ended(90, { state: 'unknown' })], 'unknown'],
    ['by one that says it has succeeded but has not ended', [open('succeeded')], 'found none'],
    ['once another version came after it', [ended(30, { image: other }), ended(90)], `but ${other} came after it`],
    ['once another version is being released', [open('acting', { image: other }), ended(90)], 'run-1, acting'],
    [
      'once another version could not be undone',
      [ended(30, { image: other, state: 'notUndone' }), ended(90)],
      'notUndone',
    ],
    ['once another version was ended by force', [ended(30, { image: other, state: 'unknown' }), ended(90)], 'unknown'],
    [
      'once it was released again and rolled back',
      [ended(30, { state: 'undone' }), ended(90)],
      'the same image came after it',
    ],
    [
      'once something unknown was released',
      [ended(30, { image: undefined as never }), ended(90)],
      'an unknown image came',
    ],
  ])('%s', (_, releases, why) => {
    const proof = findProof(rule, image, releases, now);

    expect(proof).toEqual({ proven: false, why: expect.stringContaining(why) });
    expect(proof).toMatchObject({ why: expect.stringMatching(/^not proven in stage: .*release it there/) });
  });
});

test('a release that has not stood for long enough proves it later, and says when', () => {
  const releases = [ended(10), ended(40), ended(50, { image: other })];

  expect(findProof(rule, image, releases, now)).toEqual({
    proven: false,
    why:
      'not proven in stage: it is there since 2026-11-21 11:20 UTC (deploy/stage/web run run-40), ' +
      'expected 1 h 0 m at least: wait until 2026-11-21 12:20 UTC',
    until: new Date('2026-11-21T12:20:00Z'),
  });
});

test('whatever was released: what is proven was released, stood for long enough, and no other version has succeeded since', () => {
  const releases = fc
    .array(
      fc.record({
        image: fc.constantFrom(image, other),
        state: fc.constantFrom('succeeded', 'undone', 'notUndone', 'failed', 'rejected', 'unknown'),
        minutes: fc.integer({ min: 0, max: 200 }),
      }),
      { maxLength: 8 },
    )
    .map((found) =>
      found.sort((a, b) => a.minutes - b.minutes).map(({ minutes, ...changes }) => ended(minutes, changes)),
    );

  fc.assert(
    fc.property(releases, (found) => {
      const proof = findProof(rule, image, found, now);
      const index = found.findIndex(
        (release) =>
          release.image === image &&
          release.state === 'succeeded' &&
          Date.parse(release.finishedAt ?? '') <= now.getTime() - 3_600_000,
      );
      const since = found.slice(0, Math.max(0, index));
      const disproved = since.some(
        (release) =>
          ['notUndone', 'unknown'].includes(release.state) ||
          (release.image === other && release.state === 'succeeded') ||
          (release.image === image && release.state === 'undone'),
      );

      expect(proof.proven).toBe(index >= 0 && !disproved);
      expect('until' in proof && Number(proof.until) <= now.getTime()).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
