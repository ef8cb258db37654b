// Draws the pictures of docs/console.md with answers that are made up: `npm run build && node dist/docs/draw-console.js docs`, where a
// Chromium is (CHROMIUM names another one than Debian's).
import { join } from 'node:path';
import { chromium, type BrowserContextOptions } from 'playwright-core';
import { serveExample } from './console-example/serve.js';
import { now, undone, waiting } from './console-example/runs.js';

interface Picture {
  file: string;
  page: string;
  look: BrowserContextOptions;
}

const pictures: Picture[] = [
  {
    file: 'console-run.png',
    page: `#/runs/deploy/prod/web?run=${undone.runId}`,
    look: { viewport: { width: 1000, height: 1525 }, deviceScaleFactor: 0.8 },
  },
  {
    file: 'console-gate.png',
    page: `#/runs/deploy/prod/web?run=${waiting.runId}`,
    look: { viewport: { width: 390, height: 1425 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
  },
];

const folder = process.argv[2] ?? 'docs';
const example = await serveExample();
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
for (const { file, page: address, look } of pictures) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...look });
  const page = await context.newPage();
  await page.clock.setFixedTime(now);
  await page.goto(`${example.url}/${address}`);
  await page.getByRole('heading', { level: 1, name: 'prod' }).waitFor();
  await page.getByText('You vote as').or(page.locator('.plot').first()).first().waitFor();
  await page.screenshot({ path: join(folder, file) });
  await context.close();
}
await browser.close();
await example.close();
