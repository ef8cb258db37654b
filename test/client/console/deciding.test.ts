import { describe, expect, jest, test } from '@jest/globals';
import { asking, now, waiting } from '../../../docs/console-example/runs.js';
import { Refused } from '../../../docs/console-example/serve.js';
import { example, open, useExample } from './example.js';

jest.setTimeout(60_000);
useExample();

const pages = { waiting: `#/runs/deploy/prod/web?run=${waiting.runId}`, asking: `#/runs/${asking.workflowId}` };
const votes = '/v1/runs/deploy/prod/web/votes';

describe('a gate', () => {
  test('sends the plan that was read, with the comment, after a question that names both', async () => {
    const page = await open(pages.waiting);
    await page.getByLabel('Comment').fill('  seen  ');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    const dialog = page.getByRole('dialog');

    expect(await dialog.textContent()).toMatch(
      /Approve this plan\?.*canary web in prod.*prod.*3f9c2ab41d0e.*3 changes/s,
    );
    await page.keyboard.press('Enter');
    expect([await dialog.count(), example.orders]).toEqual([0, []]);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await dialog.getByRole('button', { name: 'Approve in prod' }).click();

    await page.getByText('Approved. Your vote counts.').first().waitFor();
    expect(example.orders).toEqual([
      { path: votes, body: { verdict: 'approve', plan: waiting.plan?.hash, comment: 'seen' } },
    ]);
  });

  test('whose plan has changed keeps the old one on the page, without buttons, until somebody asks for the new one', async () => {
    const page = await open(pages.waiting);
    await page.getByLabel('Comment').fill('half a sent');
    const plan = {
      ...waiting.plan,
      hash: 'ffff00001111ffff',
      changes: [{ what: 'image', from: 'a', to: 'something else' }],
      notes: [],
    };
    const [gate] = waiting.gates;
    const lapsed = { ...gate, decision: 'lapsed', decidedAt: now };
    const gates = [lapsed, { ...gate, attempt: 2, plan: plan.hash }];
    const changed = { ...waiting, plan, gates, votes: [] } as typeof waiting;
    example.answers.set('/v1/runs/deploy/prod/web', { record: changed, withoutWorker: false });
    example.push(changed);

    await page.getByText('The world has changed: plan 3f9c2ab41d0e').waitFor();
    expect(await page.getByText('something else').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show the new plan' }).click();

    await page.getByText('something else').waitFor();
    expect(await page.getByLabel('Comment').inputValue()).toBe('half a sent');
    await page.getByRole('button', { name: 'Reject', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reject in prod' }).click();
    await page.getByText('Rejected. Your vote counts.').first().waitFor();
    expect(example.orders).toMatchObject([{ body: { verdict: 'reject', plan: 'ffff00001111ffff' } }]);
  });

  test('that refuses says why, and keeps what was written', async () => {
    const page = await open(pages.waiting);
    example.answers.set(votes, new Refused(422, 'bob has voted already'));
    await page.getByLabel('Comment').fill('kept');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve in prod' }).click();

    await page.locator('.notice.bad').getByText('bob has voted already').waitFor();
    expect(await page.getByLabel('Comment').inputValue()).toBe('kept');
  });

  test('that was decided by others meanwhile has no buttons any more, and whoever does not see it is told', async () => {
    const page = await open(pages.waiting);
    await page.getByText('You vote as bob').waitFor();
    const [gate] = waiting.gates;
    example.push({
      ...waiting,
      phase: 'acting',
      gates: [{ ...gate, decision: 'approved', decidedAt: now }],
    } as typeof waiting);

    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor({ state: 'detached' });
    expect(await page.getByRole('status').textContent()).toBe('Gate: approved. running');
  });

  test('is no place for whoever may not: why stands there', async () => {
    example.answers.set('/v1/can-i', { allowed: false, why: 'no rule allows bob to approve' });
    const page = await open(pages.waiting);

    await page.getByText('no rule allows bob to approve').waitFor();
    expect(await page.locator('main button').count()).toBe(0);
  });
});

test('what is being written and what has the focus outlive every change of a run', async () => {
  const page = await open(pages.waiting);
  const field = page.getByLabel('Comment');
  await field.click();
  for (let index = 0; index < 5; index += 1) {
    await page.keyboard.type(`${index} `);
    const votes = waiting.votes.slice(0, index % 3);
    const steps = index % 2 === 0 ? waiting.steps : [];
    example.push({ ...waiting, votes, steps, reason: `change ${index}` });
    await page.getByText(`change ${index}`).waitFor();
  }

  expect(await field.inputValue()).toBe('0 1 2 3 4 ');
  expect(await page.evaluate('document.activeElement.id')).toBe('comment-1');
});

test('a step that asks is answered with a comment', async () => {
  const page = await open(pages.asking);
  await page.getByRole('button', { name: 'Skip the step' }).click();
  await page.getByRole('dialog').getByLabel('Comment').fill('known');
  await page.getByRole('dialog').getByRole('button', { name: 'Skip the step' }).click();

  await page.getByText('It skips the step.').first().waitFor();
  expect(example.orders).toEqual([
    { path: '/v1/runs/deploy/stage/checkout/choices', body: { action: 'skip', comment: 'known' } },
  ]);
});

test('a comparison is ended early, and a run aborted where it stands', async () => {
  const step = { name: 'compare at 5 %', state: 'running' as const, startedAt: now, attempt: 1 };
  const comparing = { ...waiting, phase: 'acting' as const, comparing: true as const, gates: [], steps: [step] };
  example.answers.set('/v1/runs/deploy/prod/web', { record: comparing, withoutWorker: false });
  const page = await open(pages.waiting);
  const press = async (button: string, option: string) => {
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog').getByLabel(option).check();
    await page.getByRole('dialog').getByRole('button', { name: button }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  };

  await press('Go on without the comparison', 'And without any further comparison');
  await page.getByText('It goes on.').first().waitFor();
  await press('Abort', 'Leave everything as it stands');
  await page.getByText('It stops.').first().waitFor();

  expect(example.orders.map(({ path, body }) => [path.split('/').at(-1), body])).toEqual([
    ['promotion', { full: true }],
    ['abort', { leave: true }],
  ]);
});

test('a session that ends while somebody writes takes nothing from them', async () => {
  const page = await open(pages.waiting);
  await page.getByLabel('Comment').fill('long thoughts');
  example.answers.set(votes, new Refused(401, 'the session has ended; log in again'));
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve in prod' }).click();

  await page.getByText('Your session has ended').waitFor();
  expect(await page.getByLabel('Comment').inputValue()).toBe('long thoughts');
  await page.getByRole('link', { name: 'Log in again' }).click();
  await page.waitForURL(`${example.url}/login`);
  await page.goto(`${example.url}/`);
  await page.waitForURL(`${example.url}/${pages.waiting}`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('web');
});
