import { expect, test } from '@jest/globals';
import { createPlanningRotationsActivities } from '../../activities/planning-rotations.js';
import type { CredentialStatus } from '../../core/credential.js';
import type { WorkflowReader } from '../../core/past-releases.js';
import { calendarOf, windowOf } from '../policies/calendars.js';

const day = 86_400_000;
const before = (days: number) => new Date(Date.now() - days * day).toISOString();

/** A credential of so many days. */
function status(credential: string, service: string, days: number, more: Partial<CredentialStatus> = {}) {
  const found: CredentialStatus = {
    ...{ credential, service, environment: 'prod', exposures: [], debts: [], consumers: [] },
    ...{ store: 'secret', provider: 'PostgreSQL', maximumAgeSeconds: 90 * 86_400 },
    ...{ current: { user: `${service}_a`, fingerprint: '1a2b3c4d5e6f' }, rotatedAt: before(days) },
    ...more,
  };
  return found;
}

/** Temporal with runs of an inventory that began so many days ago. */
function activitiesWith(...runs: number[]) {
  const asked: string[] = [];
  const workflows = {
    async *list({ query }: { query: string }) {
      asked.push(query);
      for (const days of runs) yield await Promise.resolve({ startTime: new Date(before(days)) });
    },
  };
  return { asked, ...createPlanningRotationsActivities(() => workflows as unknown as WorkflowReader) };
}

const unread = status('lost-db', 'lost', 0, { unread: true, debts: ['it could not be read: no such Secret'] });
const night = { service: 'all', environment: 'prod', workflowId: 'credentials/prod/all' };

test('the plan of a night names what is replaced, what was missed and why, and what nobody could read', async () => {
  const { asked, ...activities } = activitiesWith(1);
  const statuses = [status('orders-db', 'orders', 91.5), status('web-tls', 'web', 10), unread];

  const { plan, turns } = await activities.planNight({ ...night, statuses });

  expect(asked).toEqual([`WorkflowId = 'credentials/prod/all'`]);
  expect(plan.changes).toEqual([
    { what: 'credential orders-db of orders', from: 'orders_a (1a2b3c4d5e6f)', to: 'replaced, and the old one dead' },
  ]);
  expect(turns.map(({ credential, tonight, reason }) => [credential, tonight, reason])).toEqual([
    ['orders-db', true, 'scheduled'],
    ['web-tls', false, 'scheduled'],
  ]);
  const notes = plan.notes.join('\n');
  expect(notes).toMatch(/^orders-db: 91 of 90 days old$/m);
  expect(notes).toMatch(/^orders-db missed .*: nothing ran$/m);
  expect(notes).toMatch(/^orders-db missed the night of .*: there was a run, and it was not replaced$/m);
  expect(notes).toMatch(/^lost-db: it could not be read: no such Secret$/m);
  expect(notes).not.toContain('web-tls');
});

test('in a freeze nothing is replaced, and what waits says until when', async () => {
  const activities = activitiesWith();
  const calendar = calendarOf({ freezes: [windowOf('2000-01-01T00:00', '2100-01-01T00:00', { name: 'books' })] });

  const { plan } = await activities.planNight({ ...night, calendar, statuses: [status('orders-db', 'orders', 95)] });

  expect(plan.changes).toEqual([]);
  expect(plan.notes[0]).toMatch(/^orders-db waits: frozen by "books".*; no night within a year is free$/);
});

test('what somebody knows who may not any more is replaced the same night, and not for its age', async () => {
  const exposures = [{ person: 'anna', at: before(0.1) }];
  const { turns } = await activitiesWith().planNight({
    ...night,
    statuses: [status('orders-db', 'orders', 3, { exposures })],
  });

  expect(turns).toMatchObject([{ tonight: true, reason: 'offboarding', missed: [] }]);
});

test('a campaign is about what is owed since that person left, and about what nobody could read', async () => {
  const exposures = [{ person: 'anna', at: before(1) }];
  const statuses = [
    status('orders-db', 'orders', 3, { exposures }),
    status('web-tls', 'web', 0.5),
    status('mail-smtp', 'mail', 3, { exposures: [{ person: 'bob', at: before(1) }] }),
    unread,
  ];

  const given = { person: 'anna', environment: 'prod', at: before(1), statuses };
  const { plan, owed } = await activitiesWith().planOffboarding(given);

  expect(owed).toEqual(['orders-db', 'lost-db']);
  expect(plan.changes.map(({ what }) => what)).toEqual([
    'credential orders-db of orders',
    'credential lost-db of lost',
  ]);
  expect(plan.notes[0]).toBe('replaced and proven since: web-tls, mail-smtp');
});
