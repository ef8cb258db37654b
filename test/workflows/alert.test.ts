import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { connectAlertmanager } from '../../systems/alertmanager.js';
import { startAlertmanager, type Alertmanager } from '../support/alertmanager.js';
import { startMetricsProxy, type MetricsProxy } from '../support/metrics-proxy.js';
import { canaryOf } from '../support/runbooks.js';
import { startRun } from '../support/runs.js';
import { eventually, setting } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { plain, withWorkers } from '../support/workers.js';

// The Debian package of the Alertmanager may have to be installed first.
jest.setTimeout(300_000);

let shop: ShopUnderLoad;
let metrics: MetricsProxy;
let alertmanager: Alertmanager;

beforeAll(async () => {
  alertmanager = await startAlertmanager();
  shop = await openShopUnderLoad('alert');
  metrics = await startMetricsProxy(setting('PROMETHEUS_URL'));
});

afterAll(async () => {
  await metrics.close();
  await alertmanager.stop();
  await shop.close();
});

test('people are told that a canary cannot be seen while it lasts, and of its end; the weight was held, and the run goes on', async () => {
  const runbook = canaryOf(shop.world.namespace, '1.5.0', [25]);
  runbook.judge.prometheus = metrics.url;
  runbook.judge.unseen.after = 120;
  runbook.steps = runbook.steps.map((step) => ({ ...step, atLeast: 3 }));
  const alerting = connectAlertmanager(alertmanager.url);

  const record = await withWorkers(
    plain,
    async () => {
      const run = await startRun(shop.client, runbook);
      await run.until('a comparison', ({ steps }) => steps.at(-1)?.name.startsWith('compare') === true);
      metrics.trouble = 'failing';
      const alert = await eventually('an alert', 60, async () => (await alertmanager.alerts())[0]);
      expect(alert).toMatchObject({
        labels: {
          alertname: 'RunbookCanaryUnseen',
          severity: 'warning',
          namespace: shop.world.namespace,
          deployment: 'web',
        },
        annotations: { summary: expect.stringContaining('its weight is held') },
      });
      expect((await run.record()).steps.at(-1)).toMatchObject({ name: 'compare at 25 %', state: 'running' });
      metrics.trouble = undefined;
      await eventually('the end of the alert', 60, async () => (await alertmanager.alerts()).length === 0);
      return run.end();
    },
    { alerting },
  );

  expect(record.outcome?.name).toBe('succeeded');
});
