import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { RunRecord } from '../../../core/record.js';
import { openBrowser, visit } from '../../support/browser.js';
import { runCli } from '../../support/cli.js';
import { openConsoleWorld, type ConsoleWorld } from '../../support/console-world.js';
import { eventually } from '../../support/settings.js';
import { createWorld, type World } from '../../support/world.js';

jest.setTimeout(180_000);

const hostile = '"><img src=x onerror="window.harmed=1"><script>window.harmed=1</script>';

let shop: World;
let served: ConsoleWorld;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  shop = await createWorld('console');
  served = await openConsoleWorld(shop.namespace);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await served.close();
  await shop.tearDown();
});

beforeEach(async () => {
  page = await browser.newPage({ locale: 'en-GB', timezoneId: 'Europe/Moscow' });
});

afterEach(() => page.context().close());

/** Starts a release as alice, who has a token. */
async function release(tag: string, reason: string): Promise<string> {
  const file = `${tag}.yaml`;
  const text = `kind: deploy
service: web
environment: \${ENVIRONMENT}
target: { namespace: ${shop.namespace}, deployment: web }
image: registry.local/storefront:${tag}
`;
  await writeFile(join(served.folder, file), text);
  const response = await fetch(`${served.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${served.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ runbook: file, environment: shop.namespace, reason }),
  });
  const answer = (await response.json()) as { workflowId: string };
  if (response.status !== 201) throw new Error(JSON.stringify(answer));
  return answer.workflowId;
}

async function logIn(sub: string, name: string): Promise<void> {
  served.issuer.loggedIn = { sub };
  await visit(page, `${served.url}/login`);
  await page.getByRole('link', { name: 'Log in at company' }).click();
  await page.getByText(name, { exact: true }).first().waitFor();
}

async function recordOf(run: string): Promise<RunRecord> {
  return JSON.parse((await runCli(['describe', run, '--json'])).stdout) as RunRecord;
}

test('somebody logs in at the issuer, approves what they have read, and sees the run go to its end', async () => {
  const run = await release('1.5.0', hostile);
  await logIn('b-2', 'bob');
  await page.getByRole('link', { name: /^Gates/ }).click();
  await page.getByRole('link', { name: `deploy web · ${shop.namespace}` }).click();
  await page.getByText('registry.local/storefront:1.5.0').waitFor();

  await page.getByLabel('Comment').fill(hostile);
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const { plan } = await recordOf(run);
  expect(await dialog.textContent()).toContain(plan?.hash.slice(0, 12));
  await dialog.getByRole('button', { name: `Approve in ${shop.namespace}` }).click();

  await page.getByText('Your vote counts').first().waitFor();
  await page.getByRole('button', { name: 'Approve', exact: true }).waitFor({ state: 'detached' });
  expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
  await page.locator('.standing').getByText('succeeded').waitFor({ timeout: 90_000 });
  const record = await recordOf(run);
  expect(record).toMatchObject({
    outcome: { name: 'succeeded' },
    requestedBy: { name: 'alice', trust: 'signed' },
    votes: [{ by: 'bob', trust: 'signed', provenBy: 'company', comment: hostile, verdict: 'approve' }],
  });
  // What somebody has written stands there as they wrote it, and does nothing.
  expect(await page.getByText(hostile).count()).toBeGreaterThanOrEqual(2);
  expect(await page.evaluate("'harmed' in window")).toBe(false);
  for (const step of record.steps) expect(await page.locator('.timeline').textContent()).toContain(step.name);
});

test('whoever asked is told why they may not approve, and may still stop it, by the keyboard alone', async () => {
  const run = await release('1.6.0', 'second');
  await visit(page, `${served.url}/login`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type(served.token);
  await page.keyboard.press('Enter');
  await page.getByText('alice', { exact: true }).first().waitFor();
  await page.goto(`${served.url}/#/runs/${run}`);
  await page.getByText('alice asked for this run, and four eyes are needed').waitFor();
  expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);

  const pressed = async (name: string) => {
    await eventually(`a way to "${name}" by the Tab key`, 20, async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate('document.activeElement.textContent')) === name;
    });
    await page.keyboard.press('Enter');
  };
  await pressed('Reject');
  await pressed(`Reject in ${shop.namespace}`);

  await page.locator('.standing').getByText('rejected').waitFor();
  expect((await recordOf(run)).votes).toMatchObject([{ by: 'alice', verdict: 'reject', provenBy: 'token:alices' }]);
});

test('an API that goes away is said to be away; when it is back the page goes on by itself', async () => {
  const run = await release('1.7.0', 'third');
  await logIn('b-2', 'bob');
  await page.goto(`${served.url}/#/runs/${run}`);
  await page.getByText('You vote as bob').waitFor();

  await served.stop();
  await page.getByText('The API does not answer').waitFor();
  expect(await page.getByText('registry.local/storefront:1.7.0').count()).toBeGreaterThan(0);
  await served.start();
  await page.getByText('The API does not answer').waitFor({ state: 'detached', timeout: 30_000 });
  await page.getByRole('button', { name: 'Abort' }).click();
  await page.getByRole('dialog').getByLabel('Comment').fill('not today');
  await page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();

  await page.locator('.notice.bad').getByText('aborted by bob: not today').waitFor();
  expect((await recordOf(run)).outcome?.message).toContain('not today');
});

test('whoever is taken out of the access file is out at once, and comes back to the same page', async () => {
  await logIn('b-2', 'bob');
  await page.goto(`${served.url}/#/schedules`);
  await page.getByText('Nothing runs by the clock yet').waitFor();

  await served.writeAccess({ issuers: {} });
  await page.reload();
  await page.waitForURL(`${served.url}/login`);
  await served.writeAccess();
  await page.reload();
  await page.getByRole('link', { name: 'Log in at company' }).click();

  await page.waitForURL(`${served.url}/#/schedules`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Schedules');
});
