import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findLeaks } from '../../support/leaks.js';
import { accounts, project, startOpenAi, type OpenAi } from '../../support/openai.js';
import { breakOnce, faults, makeAgain, making, openOutside, said } from '../../support/outside-provider.js';
import { managed, startTelegram, type Telegram } from '../../support/telegram.js';

const stops: Array<() => unknown> = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('keys of OpenAI', () => {
  let openAi: OpenAi;
  const spec = (address: string) => ({
    ...{ kind: 'openai', admin: 'service-admin', project, serviceAccount: accounts[0], address },
  });

  beforeEach(async () => {
    openAi = await startOpenAi();
    stops.push(() => openAi.close());
  });

  test('are made with an end, tried, told when they were used, and deleted', async () => {
    const provider = await openOutside(spec(openAi.address), openAi.admin);
    const old = openAi.add(accounts[0] ?? '', 'by hand');
    await provider.rehearse({ next: '', old: old.id, known: [old.id] });
    const made = await provider.make(making([old.id]));

    expect(await provider.findLastUse?.(made.user)).toBeUndefined();
    expect(await provider.try(made)).toBe('works');
    expect(await provider.findLastUse?.(made.user)).toMatch(/^20\d\d-.*Z$/);
    expect(await provider.isRetired(old.id)).toBe(false);
    await provider.retire({ user: old.id, password: old.value });
    await provider.retire({ user: old.id, password: old.value });
    expect(await provider.isRetired(old.id)).toBe(true);
    expect(await provider.try({ user: old.id, password: old.value })).toBe('refused');
    expect(openAi.keys).toMatchObject([{ id: made.user, value: made.password, name: 'runbook-0123456789abcdef' }]);
    expect((openAi.keys[0]?.expires_at ?? 0) - (openAi.keys[0]?.created_at ?? 0)).toBe(120 * 86_400);
  });

  test.each(faults)('are made once where %s', async (_, fault) => {
    const proxy = await breakOnce(openAi.url, 'POST', /api_keys$/, fault);
    stops.push(() => proxy.stop());
    const provider = await openOutside(spec(`${proxy.endpoint}/v1`), openAi.admin);
    const [account = '', other = ''] = accounts;
    const kept = [
      openAi.add(account, 'by hand'),
      openAi.add(other, 'runbook-0123456789abcdef'),
      openAi.add(account, 'x'),
    ];
    await expect(makeAgain(provider, making())).rejects.toMatchObject({ code: 'SystemUnreachable' });
    const made = await makeAgain(provider, making());

    // What is of others stays: of another account, or without the run in its name.
    expect(openAi.keys.map(({ id }) => id)).toEqual([...kept.map(({ id }) => id), made.user]);
  });

  test('that the store holds are no strays', async () => {
    const provider = await openOutside(spec(openAi.address), openAi.admin);
    const made = await provider.make(making());
    await provider.takeBack?.(making([made.user]));

    expect(openAi.keys).toHaveLength(1);
  });

  test('of which nothing is known, or that nobody may make, are told apart from dead ones', async () => {
    const away = await openOutside(spec('http://127.0.0.1:1/v1'), openAi.admin);
    const stranger = await openOutside(spec(openAi.address), 'sk-admin-PLANTED-wrong');
    const value = { user: 'key_1', password: 'sk-svcacct-PLANTED-none' };

    expect(await away.try(value)).toBe('unknown');
    await expect(stranger.rehearse({ next: '', old: 'key_1', known: [] })).rejects.toMatchObject({ code: 'Forbidden' });
    await expect(away.rehearse({ next: '', old: '', known: [] })).rejects.toMatchObject({ code: 'Refused' });
    expect(findLeaks({ admin: 'sk-admin-PLANTED-wrong' }, { error: await said(stranger.make(making())) })).toEqual([]);
  });
});

describe('the token of a managed bot', () => {
  let telegram: Telegram;
  const spec = (address: string) => ({ kind: 'telegramBot', manager: 'service-admin', bot: managed, address });
  const current = () => ({ user: String(managed), password: telegram.tokens[0] ?? '' });

  beforeEach(async () => {
    telegram = await startTelegram();
    stops.push(() => telegram.close());
  });

  test('is replaced, tried and named by itself', async () => {
    const provider = await openOutside(spec(telegram.url), telegram.managerToken);
    await provider.rehearse({ next: '', old: String(managed), known: [] });
    const made = await provider.make(making([], current()));

    expect(made).toEqual({ user: '7001', password: telegram.token });
    expect(await provider.try(made)).toBe('works');
    expect(await provider.try(current())).toBe('refused');
    expect(await provider.probe(made)).toBe('answers as @shop_bot');
    expect(provider.identify?.({ user: '', password: made.password })).toEqual(made);
    // What is no token is a secret as well, and no name.
    expect(provider.identify?.({ user: '', password: 'swordfish' }).user).toBe('');
  });

  test.each(faults)('is replaced once where %s', async (_, fault) => {
    const proxy = await breakOnce(telegram.url, 'POST', /replaceManagedBotToken$/, fault);
    stops.push(() => proxy.stop());
    const provider = await openOutside(spec(proxy.endpoint), telegram.managerToken);
    await expect(makeAgain(provider, making([], current()))).rejects.toMatchObject({ code: 'SystemUnreachable' });
    const made = await makeAgain(provider, making([], current()));

    expect(telegram.tokens).toHaveLength(2);
    expect(made.password).toBe(telegram.token);
  });

  test('is left alone by who may not manage it, and nothing is known of it while Telegram is away', async () => {
    const away = await openOutside(spec('http://127.0.0.1:1'), telegram.managerToken);
    expect(await away.try(current())).toBe('unknown');

    telegram.canManage = false;
    const provider = await openOutside(spec(telegram.url), telegram.managerToken);
    const turn = { next: '', old: String(managed), known: [] };
    await expect(provider.rehearse(turn)).rejects.toMatchObject({ code: 'Forbidden' });
    expect(await said(provider.make(making([], current())))).toContain('BOT_INVALID');
    expect(telegram.tokens).toHaveLength(1);
  });

  test('is told by no error, nor is that of the manager', async () => {
    telegram.answer = (request, response) => void response.writeHead(500).end(`cannot do ${request.url}`);
    const provider = await openOutside(spec(telegram.url), telegram.managerToken);
    const error = await said(provider.make(making([], current())));

    expect(error).toContain('•••');
    expect(findLeaks({ manager: telegram.managerToken, token: telegram.token }, { error })).toEqual([]);
  });
});
