import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, jest, test } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions } from 'playwright-core';
import { now, undone, waiting } from '../../../docs/console-example/runs.js';
import { Refused } from '../../../docs/console-example/serve.js';
import { example, open, turnTo, useExample } from './example.js';

jest.setTimeout(120_000);
useExample();

const pages = {
  runs: '#/runs',
  waiting: `#/runs/deploy/prod/web?run=${waiting.runId}`,
  undone: `#/runs/deploy/prod/web?run=${undone.runId}`,
  asking: '#/runs/deploy/stage/checkout',
  gates: '#/gates',
  backups: '#/backups',
  drills: '#/backups/prod/shop',
  credentials: '#/credentials',
  schedules: '#/schedules',
  ledger: '#/schedules/prod/nightly',
  nowhere: '#/nowhere',
};
const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['light, on a telephone', { ...phone, colorScheme: 'light' }],
  ['dark, on a telephone, in Russian', { ...phone, colorScheme: 'dark', locale: 'ru-RU' }],
] satisfies Array<[string, BrowserContextOptions]>)('%s', (_, look: BrowserContextOptions) => {
  test('no page has anything that axe finds wrong, and none scrolls sideways', async () => {
    const page = await open(pages.runs, look);
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const [name, address] of Object.entries(pages)) {
      await turnTo(page, address);
      await page.evaluate(axe);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
      );
      expect([name, found]).toEqual([name, []]);
      expect([name, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([name, 0]);
    }
  });
});

test('on a telephone everything that is pressed is large enough for a finger', async () => {
  const page = await open(pages.runs, phone);
  for (const [name, address] of Object.entries(pages)) {
    await turnTo(page, address);
    const small = await page.evaluate(`[...document.querySelectorAll('button, select, input, .button, nav a, .lead a')]
      .filter((each) => each.offsetParent && each.type !== 'checkbox')
      .map((each) => [each.innerText, Math.round(each.getBoundingClientRect().height), Math.round(each.getBoundingClientRect().width)])
      .filter(([, height, width]) => height < 44 || width < 44)`);
    expect([name, small]).toEqual([name, []]);
  }
});

test('what is bad is said by a sign as well as by its colour, to those who see it and to those who do not', async () => {
  const page = await open(pages.undone);

  expect(await page.evaluate("getComputedStyle(document.querySelector('.timeline .bar.bad')).fill")).toContain(
    'hatched-bad',
  );
  expect(await page.locator('.row.bad').textContent()).toContain('failed');
  expect(await page.locator('.standing .badge').textContent()).toBe('✗failed and undone');
});

test('names, reasons and comments that are markup stay what they are', async () => {
  const hostile = '<img src=x onerror="document.title=1"><b>hello</b>" onfocus="x';
  const record = {
    ...waiting,
    service: hostile,
    reason: hostile,
    votes: [{ ...waiting.votes[1], by: hostile, comment: hostile, refused: hostile }],
    plan: { ...waiting.plan, subject: hostile, changes: [{ what: hostile, from: hostile, to: hostile }] },
    steps: [{ ...waiting.steps[0], name: hostile, result: hostile }],
  };
  example.answers.set('/v1/runs/deploy/prod/web', { record, withoutWorker: false });
  example.answers.set('/v1/runs', {
    runs: [{ ...waiting, service: hostile, environment: hostile, state: hostile, requestedBy: hostile }],
  });

  for (const address of [pages.waiting, pages.runs, pages.gates, pages.backups]) {
    const page = await open(address, phone);
    await page.getByText(hostile).first().waitFor();
    expect(await page.locator('main img, main b:text-is("hello")').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  }
});

test.each([
  [403, 'no rule allows bob to read', 'You may not see this'],
  [404, 'there is no such run', 'There is nothing here'],
  [500, 'the server failed', 'The API could not answer'],
])('an answer of %d is explained', async (status, detail, said) => {
  example.answers.set('/v1/runs/deploy/prod/web', new Refused(status, detail));
  const page = await open(pages.waiting);

  await page.getByText(said).waitFor();
  expect(await page.locator('.notice.bad').textContent()).toContain(detail);
});

test('empty lists say what to do next', async () => {
  const nothing: Array<[path: string, answer: unknown, address: string, said: string]> = [
    ['/v1/runs', { runs: [] }, '#/runs', 'runbook run FILE'],
    ['/v1/runs', { runs: [] }, '#/gates', 'See the runs'],
    ['/v1/runs', { runs: [] }, '#/backups', 'runbook run backup.yaml'],
    ['/v1/drills/prod/shop', new Refused(404, 'none'), '#/backups/prod/shop', 'runbook drill FILE'],
    ['/v1/credentials', { credentials: [], at: now }, '#/credentials', 'kind: rotate'],
    ['/v1/schedules', { schedules: [] }, '#/schedules', 'runbook schedule apply FILE'],
  ];
  for (const [path, answer] of nothing) example.answers.set(path, answer);
  const page = await open(pages.runs);

  for (const [, , address, said] of nothing) {
    await turnTo(page, address);
    expect([address, await page.locator('main').textContent()]).toEqual([address, expect.stringContaining(said)]);
  }
});

test('the language is that of the browser until somebody chooses another, which is remembered', async () => {
  const page = await open(pages.runs, { locale: 'ru-RU' });
  expect(await page.locator('h1').textContent()).toBe('Запуски');

  await page.getByRole('button', { name: 'English' }).click();
  await page.locator('h1').getByText('Runs').waitFor();
  await page.reload();
  await page.locator('h1').getByText('Runs').waitFor();

  expect(await page.evaluate('document.documentElement.lang')).toBe('en');
});

test('the keyboard reaches the content past the links, and a page that is opened by it begins at its top', async () => {
  const page = await open(pages.runs);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('main');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.id')).toBe('filter-service');

  await page.getByRole('link', { name: 'Schedules' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('h1').getByText('Schedules').waitFor();

  expect(await page.evaluate('document.activeElement.id')).toBe('main');
  expect(await page.title()).toBe('Schedules · Runbooks');
});

test('a filter is part of the address', async () => {
  const page = await open(pages.runs);
  await page.getByLabel('Service').fill('billing');
  await page.keyboard.press('Tab');
  await page.waitForURL(/service=billing/);
  await page.getByRole('link', { name: 'web' }).first().waitFor({ state: 'detached' });
  expect(await page.locator('tbody tr').count()).toBe(2);
});
