import Sequencer from '@jest/test-sequencer';

// Each takes minutes; one that began last would keep all other workers waiting for its end.
const longest = [
  'workflows/canary',
  'workflows/blue-green',
  'workflows/blue-green-faults',
  'workflows/crash',
  'workflows/safety',
  'workflows/backup-faults',
  'stack/night',
  'workflows/rotate-faults',
  'workflows/rotate-crash',
  'workflows/rotate-secrets',
  'workflows/restore-cluster',
  'workflows/backup-physical',
  'systems/sources/pgbackrest',
  'workflows/deploy',
  'workflows/eyes',
  'workflows/watch-after',
  'workflows/train',
  'workflows/promote',
  'workflows/rollback',
  'workflows/ladder',
  'workflows/backup-many-tables',
  'workflows/backup-again',
  'workflows/backup-killed',
  'client/schedules/schedules',
  'client/console/pages',
  'client/console/console',
];

function rankOf({ path, context }) {
  const at = longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  if (at >= 0) return at;
  return context.config.displayName?.name === 'stack' ? longest.length : longest.length + 1;
}

/** In a fresh clone jest knows no times, and would begin with the largest files. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => rankOf(one) - rankOf(other));
  }
}
