import { test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../../stack/load/index.js';
import { ShopCluster } from './shop-cluster.js';
test('hard', async () => {
  const shop = new ShopCluster('/tmp/klab-traffic/pki/admin.kubeconfig', 'hard');
  await shop.create();
  const loads = [1, 2, 3].map(() =>
    startLoad({ url: 'http://127.0.0.1:18080', host: 'web.hard.local', requestsPerSecond: 200, maximumSeconds: 90 }),
  );
  const took: number[] = [];
  const windows: [number, number][] = [];
  for (let i = 0; i < 80; i++) {
    let t = performance.now();
    await shop.shiftTo(50, 50);
    took.push(performance.now() - t);
    await sleep(100);
    t = performance.now();
    const a = await shop.shiftTo(100, 0);
    took.push(performance.now() - t);
    await sleep(100);
    windows.push([a, Date.now()]);
  }
  let bad = 0,
    good = 0;
  for (const l of loads)
    for (const [a, b] of windows) {
      const s = l.between(a, b);
      bad += s.byBackend['web-canary'] ?? 0;
      good += s.answered;
    }
  const sums = await Promise.all(loads.map((l) => l.stop()));
  took.sort((x, y) => x - y);
  console.log(
    JSON.stringify(
      {
        bad,
        good,
        p50: took[80],
        p95: took[152],
        max: took.at(-1),
        sums: sums.map((s) => ({ ...s, byVersion: undefined })),
      },
      null,
      1,
    ),
  );
  await shop.remove();
}, 200_000);
