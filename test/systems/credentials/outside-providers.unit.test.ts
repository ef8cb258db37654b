import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ProviderSpec } from '../../../runbooks/credential-providers.js';
import { openProvider } from '../../../systems/credentials/open-provider.js';
import type { CredentialProvider, Making } from '../../../systems/credentials/provider.js';
import type { KubernetesApi } from '../../../systems/kubernetes/api.js';
import { startFaultyStore, type FaultyStore, type StoreFault } from '../../support/faulty-store.js';
import { keysProvider, passwordProvider, startKeyService, type KeyService } from '../../support/key-service.js';
import { findLeaks } from '../../support/leaks.js';
import { accounts, project, startOpenAi, type OpenAi } from '../../support/openai.js';
import { managed, startTelegram, type Telegram } from '../../support/telegram.js';

let tokens: string;
const stops: Array<() => unknown> = [];

beforeEach(async () => {
  tokens = await mkdtemp(join(tmpdir(), 'providers-'));
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await rm(tokens, { recursive: true, force: true });
});

async function open(spec: object, admin: string): Promise<CredentialProvider> {
  await writeFile(join(tokens, 'service-admin'), `${admin}\n`);
  // None of these asks a cluster.
  return openProvider(ProviderSpec.parse(spec), { tokens, api: {} as KubernetesApi });
}

const making = (known: string[] = [], current?: Making['current']): Making => ({
  ...{ run: '0123456789abcdef', since: '2026-11-22T00:00:00Z', known, user: '', current },
});

/** What the activity does, each time that it is tried. */
async function makeAgain(provider: CredentialProvider, order: Making) {
  await provider.takeBack?.(order);
  return provider.make(order);
}

async function throughFaults(target: string): Promise<FaultyStore> {
  const proxy = await startFaultyStore(target);
  stops.push(() => proxy.stop());
  return proxy;
}

/** The first request like this goes wrong. */
function breakOnce(proxy: FaultyStore, method: string, path: RegExp, fault: StoreFault): void {
  let broken = false;
  proxy.schedule = (request) => {
    if (broken || request.method !== method || !path.test(request.path)) return undefined;
    broken = true;
    return fault;
  };
}

const faults: Array<[string, StoreFault]> = [
  ['its answer is lost', { done: true, answer: 'breaks off' }],
  ['it is lost itself', { done: false, answer: 'breaks off' }],
  ['it is busy', { done: false, answer: { status: 503, code: 'busy' } }],
  ['it is done, and said not to be', { done: true, answer: { status: 500, code: 'trouble' } }],
];

const said = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => `${(error as Error).stack} ${JSON.stringify(error)}`,
  );

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
    const provider = await open(spec(openAi.address), openAi.admin);
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
    const proxy = await throughFaults(openAi.url);
    const provider = await open(spec(`${proxy.endpoint}/v1`), openAi.admin);
    const [account = '', other = ''] = accounts;
    const kept = [
      openAi.add(account, 'by hand'),
      openAi.add(other, 'runbook-0123456789abcdef'),
      openAi.add(account, 'x'),
    ];
    breakOnce(proxy, 'POST', /api_keys$/, fault);
    await expect(makeAgain(provider, making())).rejects.toMatchObject({ code: 'SystemUnreachable' });
    const made = await makeAgain(provider, making());

    // What is of others stays: of another account, or without the run in its name.
    expect(openAi.keys.map(({ id }) => id)).toEqual([...kept.map(({ id }) => id), made.user]);
  });

  test('that the store holds are no strays', async () => {
    const provider = await open(spec(openAi.address), openAi.admin);
    const made = await provider.make(making());
    await provider.takeBack?.(making([made.user]));

    expect(openAi.keys).toHaveLength(1);
  });

  test('of which nothing is known, or that nobody may make, are told apart from dead ones', async () => {
    const away = await open(spec('http://127.0.0.1:1/v1'), openAi.admin);
    const stranger = await open(spec(openAi.address), 'sk-admin-PLANTED-wrong');
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
    const provider = await open(spec(telegram.url), telegram.managerToken);
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
    const proxy = await throughFaults(telegram.url);
    const provider = await open(spec(proxy.endpoint), telegram.managerToken);
    breakOnce(proxy, 'POST', /replaceManagedBotToken$/, fault);
    await expect(makeAgain(provider, making([], current()))).rejects.toMatchObject({ code: 'SystemUnreachable' });
    const made = await makeAgain(provider, making([], current()));

    expect(telegram.tokens).toHaveLength(2);
    expect(made.password).toBe(telegram.token);
  });

  test('is left alone by who may not manage it, and nothing is known of it while Telegram is away', async () => {
    const away = await open(spec('http://127.0.0.1:1'), telegram.managerToken);
    expect(await away.try(current())).toBe('unknown');

    telegram.canManage = false;
    const provider = await open(spec(telegram.url), telegram.managerToken);
    const turn = { next: '', old: String(managed), known: [] };
    await expect(provider.rehearse(turn)).rejects.toMatchObject({ code: 'Forbidden' });
    expect(await said(provider.make(making([], current())))).toContain('BOT_INVALID');
    expect(telegram.tokens).toHaveLength(1);
  });

  test('is told by no error, nor is that of the manager', async () => {
    telegram.answer = (request, response) => void response.writeHead(500).end(`cannot do ${request.url}`);
    const provider = await open(spec(telegram.url), telegram.managerToken);
    const error = await said(provider.make(making([], current())));

    expect(error).toContain('•••');
    expect(findLeaks({ manager: telegram.managerToken, token: telegram.token }, { error })).toEqual([]);
  });
});

describe('a service that the runbook describes', () => {
  let service: KeyService;

  beforeEach(async () => {
    service = await startKeyService();
    stops.push(() => service.close());
  });

  test('makes a key and revokes the old one, as often as it is asked', async () => {
    const provider = await open(keysProvider(service.url), service.admin);
    const { id, secret } = service.add('by hand');
    const old = { user: String(id), password: secret };
    await provider.rehearse({ next: '', old: old.user, known: [old.user] });
    const made = await provider.make(making([old.user]));

    expect(provider.succession).toBe('beside');
    expect([await provider.try(old), await provider.try(made)]).toEqual(['works', 'works']);
    await provider.retire(old);
    await provider.retire(old);
    expect([await provider.try(old), await provider.try(made)]).toEqual(['refused', 'works']);
    expect(await provider.probe(made)).toContain('takes it');
  });

  test.each(faults)('has made one key where %s', async (_, fault) => {
    const proxy = await throughFaults(service.url);
    const provider = await open(keysProvider(proxy.endpoint), service.admin);
    service.add('by hand');
    breakOnce(proxy, 'POST', /keys$/, fault);
    await expect(makeAgain(provider, making(['1']))).rejects.toMatchObject({ code: 'SystemUnreachable' });
    const made = await makeAgain(provider, making(['1']));

    expect(service.keys.map(({ id }) => String(id))).toEqual(['1', made.user]);
  });

  test.each(faults)('takes a password of ours, also where %s', async (_, fault) => {
    const proxy = await throughFaults(service.url);
    const provider = await open(passwordProvider(proxy.endpoint), service.admin);
    const old = { user: 'shop', password: service.password };
    expect([provider.succession, await provider.try(old)]).toEqual(['inPlace', 'works']);
    const value = await provider.make(making([], old));
    breakOnce(proxy, 'PUT', /password$/, fault);
    await expect(provider.set(value, 'shop')).rejects.toMatchObject({ code: 'SystemUnreachable' });
    await provider.set(value, 'shop');

    expect([await provider.try(old), await provider.try(value)]).toEqual(['refused', 'works']);
    await provider.set(old, 'shop');
    expect([await provider.try(old), await provider.try(value)]).toEqual(['works', 'refused']);
  });

  test('that repeats in its errors what it was sent is quoted without it', async () => {
    const provider = await open(passwordProvider(service.url), service.admin);
    const value = { user: 'shop', password: 'PLANTED/new+password="1' };
    service.trouble = 422;
    const error = await said(provider.set(value, 'shop'));

    expect(error).toContain('cannot take');
    expect(error).toContain('•••');
    expect(findLeaks({ admin: service.admin, password: value.password }, { error })).toEqual([]);
  });

  test('that answers something else, or without a name for the old key, changes nothing', async () => {
    const spec = keysProvider(service.url);
    const other = await open({ ...spec, create: { ...spec.create, password: 'key.value' } }, service.admin);
    const error = await said(other.make(making()));
    expect(error).toContain('key.value');
    expect(findLeaks({ made: service.keys[0]?.secret ?? '' }, { error })).toEqual([]);

    const provider = await open(spec, service.admin);
    const turn = { next: '', old: '', known: [] };
    await expect(provider.rehearse(turn)).rejects.toMatchObject({ code: 'Refused' });
    const stranger = await open(spec, 'PLANTED/wrong');
    await expect(stranger.rehearse({ ...turn, old: '1' })).rejects.toMatchObject({ code: 'Forbidden' });
  });

  test.each<[string, (spec: ReturnType<typeof keysProvider>) => object]>([
    ['both create and set', (spec) => ({ ...spec, set: { method: 'PUT', url: 'https://x.example/' }, user: 'shop' })],
    ['create without revoke', ({ revoke: _, ...spec }) => spec],
    ['set without a user', ({ kind, check }) => ({ kind, check, set: { method: 'PUT', url: 'https://x.example/' } })],
    ['a list and nothing to find', (spec) => ({ ...spec, create: { ...spec.create, json: { label: 'x' } } })],
    ['the password in what makes it', (spec) => ({ ...spec, create: { ...spec.create, json: { a: '{password}' } } })],
  ])('is refused with %s', (_, change) => {
    expect(ProviderSpec.safeParse(change(keysProvider(service.url))).success).toBe(false);
  });
});

describe('what people make', () => {
  const spec = (url: string, more: object = {}) => ({
    ...{ kind: 'byHand', user: 'shop-bot', make: 'issue a new token', overlaps: true, retire: 'revoke the old token' },
    check: { kind: 'http', url: `${url}/whoami`, headers: { 'X-Key': '{password}' } },
    ...more,
  });

  test('is revoked when it does not work any more, and not before', async () => {
    const service = await startKeyService();
    stops.push(() => service.close());
    const provider = await open(spec(service.url), 'none');
    const { secret } = service.add('by hand');
    const old = { user: 'shop-bot', password: secret };

    await expect(provider.retire(old)).rejects.toMatchObject({
      code: 'ReadBackFailed',
      message: expect.stringContaining('revoke the old token') as unknown,
    });
    service.keys = [];
    await provider.retire(old);
    const { url } = service;
    await service.close();
    const away = await open(spec(url), 'none');
    await expect(away.retire(old)).rejects.toMatchObject({ code: 'SystemUnreachable' });
    await expect(provider.make(making())).rejects.toThrow('runbook intake');
  });

  test('is described wholly', () => {
    expect(ProviderSpec.safeParse(spec('https://x.example')).success).toBe(true);
    expect(ProviderSpec.safeParse(spec('https://x.example', { overlaps: false })).success).toBe(false);
    expect(ProviderSpec.safeParse(spec('https://x.example', { retire: undefined })).success).toBe(false);
  });
});
