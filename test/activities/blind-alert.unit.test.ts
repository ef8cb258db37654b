import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { BlindAlert } from '../../activities/blind-alert.js';
import type { Alert } from '../../systems/alertmanager.js';

const target = { namespace: 'shop', deployment: 'web', container: 'web' };
const start = Date.parse('2026-03-01T10:00:00Z');

let now: number;

beforeEach(() => {
  now = start;
  // A clock that goes on between two looks at it, as clocks do.
  jest.spyOn(Date, 'now').mockImplementation(() => (now += 1));
});

afterEach(() => {
  jest.restoreAllMocks();
});

async function alertsOf(steps: (alert: BlindAlert) => void): Promise<Alert[]> {
  const sent: Alert[] = [];
  const alerting = {
    send: (alert: Alert) => {
      sent.push(alert);
      return Promise.resolve();
    },
  };
  const alert = new BlindAlert(target, alerting, () => undefined);
  steps(alert);
  await alert.end();
  return sent;
}

test('trouble that is over soon is told to nobody', async () => {
  const sent = await alertsOf((alert) => {
    alert.tell('503');
    now += 10_000;
    alert.tell('503');
    alert.tell(undefined);
  });

  expect(sent).toEqual([]);
});

test('trouble that lasts is told once a minute, and its end tells when it started', async () => {
  const sent = await alertsOf((alert) => {
    for (let second = 0; second < 90; second += 1) {
      alert.tell('503');
      now += 1000;
    }
    alert.tell(undefined);
    alert.tell(undefined);
  });

  const [first, again, over, ...more] = sent;
  expect(more).toEqual([]);
  expect(first?.summary).toBe('canary of shop/web cannot be seen, its weight is held: 503');
  expect(again).toEqual(first);
  expect(over).toMatchObject({ startsAt: first?.startsAt, summary: 'canary of shop/web can be seen again' });
  expect(over?.endsAt?.getTime()).toBeGreaterThan(start + 90_000);
});

test('a comparison that is over ends its alert', async () => {
  const [first, over] = await alertsOf((alert) => {
    alert.tell('503');
    now += 20_000;
    alert.tell('503');
  });

  expect(over).toMatchObject({ startsAt: first?.startsAt });
  expect(over?.endsAt?.getTime()).toBeGreaterThan(first?.startsAt.getTime() ?? Infinity);
});
