import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { parse } from 'yaml';
import { removeJobs, startGitlabJob } from '../../deploy/ci/job.js';
import { openBrowser, visit } from '../../support/browser.js';
import { openConsoleWorld, type ConsoleWorld } from '../../support/console-world.js';
import { startIssuer, type Issuer } from '../../support/issuer.js';
import { createWorld, type World } from '../../support/world.js';

jest.setTimeout(180_000);

const example = fileURLToPath(new URL('../../../deploy/gitlab/example.gitlab-ci.yml', import.meta.url));
const audience = 'temporal-runbooks';

let shop: World;
let served: ConsoleWorld;
let gitlab: Issuer;
let browser: Browser;

beforeAll(async () => {
  shop = await createWorld('pipeline');
  [served, gitlab] = await Promise.all([openConsoleWorld(shop.namespace), startIssuer(audience)]);
  browser = await openBrowser();
  const login = { clientId: 'console' };
  await served.writeAccess({
    issuers: {
      company: { kind: 'people', url: served.issuer.url, audience: 'console', login },
      gitlab: {
        ...{ kind: 'gitlab', url: gitlab.url, audience },
        projects: [{ id: '42', environments: [shop.namespace], sameEnvironment: true }],
      },
    },
    people: [
      { name: 'alice', ids: { company: 'a-1', gitlab: '5' } },
      { name: 'bob', ids: { company: 'b-2' } },
    ],
  });
});

afterAll(async () => {
  await browser.close();
  await removeJobs();
  await Promise.all([served.close(), gitlab.close()]);
  await shop.tearDown();
});

/** What the last job of the example pipeline, the one to production, is given. */
async function inputsOfExample(): Promise<{ runbook: string; environment: string }> {
  const { include } = parse(await readFile(example, 'utf8'), { merge: true }) as {
    include: Array<{ inputs?: { job: string; runbook: string; environment: string } }>;
  };
  const inputs = include.map((each) => each.inputs).findLast((each) => each?.environment === 'prod');
  if (!inputs) throw new Error('expected a job to prod in the example, found none');
  return inputs;
}

test('a run that the example pipeline starts is approved in the browser by somebody else, and both see its end', async () => {
  const { runbook } = await inputsOfExample();
  const text = `kind: deploy\nservice: web\nenvironment: \${ENVIRONMENT}\ntarget: { namespace: ${shop.namespace}, deployment: web }
image: registry.local/storefront:\${TAG}\n`;
  const folder = dirname(join(served.folder, runbook));
  await cp(join(served.folder, 'environments'), join(folder, 'environments'), { recursive: true });
  await writeFile(join(served.folder, runbook), text);
  const job = startGitlabJob(
    { url: served.url },
    {
      RUNBOOK_ID_TOKEN: await gitlab.token({
        ...{ project_id: '42', user_id: '5', ref_protected: 'true', environment: shop.namespace },
      }),
      RUNBOOK_RUNBOOK: runbook,
      RUNBOOK_ENVIRONMENT: shop.namespace,
      RUNBOOK_VALUES: '["TAG=1.5.0"]',
      RUNBOOK_AUDIENCE: audience,
      RUNBOOK_TIMEOUT_MINUTES: '3',
    },
  );
  await job.until('to approve plan');
  const [address = ''] = /http:\S+#\S+/.exec(job.log()) ?? [];

  const page = await browser.newPage({ locale: 'en-GB' });
  served.issuer.loggedIn = { sub: 'b-2' };
  await visit(page, `${served.url}/login`);
  await page.getByRole('link', { name: 'Log in at company' }).click();
  await page.getByText('bob', { exact: true }).first().waitFor();
  await visit(page, address);
  await page.getByText('registry.local/storefront:1.5.0').first().waitFor();
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Approve in ${shop.namespace}` })
    .click();
  await page.locator('.standing').getByText('succeeded').waitFor({ timeout: 90_000 });

  expect(await job.ended).toBe(0);
  expect(job.log()).toContain('bob (signed): approve');
  expect(job.file('runbook.md')).toContain('succeeded');
});
