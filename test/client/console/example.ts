import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { now } from '../../../docs/console-example/runs.js';
import { serveExample, type ExampleConsole } from '../../../docs/console-example/serve.js';
import { openBrowser, visit } from '../../support/browser.js';

let browser: Browser;
let pages: Page[] = [];

/** The console with answers that are made up, anew for each test. */
export let example: ExampleConsole;

/** Has a browser and an example for each test of a file. */
export function useExample(): void {
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    example = await serveExample();
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    await example.close();
  });
}

/** Opens a page of the example, at the time at which everything in it happens. */
export async function open(address: string, look: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'Europe/Moscow', ...look });
  pages.push(page);
  await page.clock.setFixedTime(now);
  await visit(page, `${example.url}/${address}`);
  return page;
}

/** Goes to another page and waits until it has its data. */
export async function turnTo(page: Page, address: string): Promise<void> {
  await page.goto(`${example.url}/${address}`);
  await page.locator('h1').waitFor();
  await page.getByText(/^(Loading|Загрузка|The API does not|API не отвечает)/).waitFor({ state: 'detached' });
}
