import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ProviderSpec } from '../../../runbooks/credential-providers.js';
import { keysProvider, passwordProvider, startKeyService, type KeyService } from '../../support/key-service.js';
import { findLeaks } from '../../support/leaks.js';
import { breakOnce, faults, makeAgain, making, openOutside, said } from '../../support/outside-provider.js';

const stops: Array<() => unknown> = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('a service that the runbook describes', () => {
  let service: KeyService;

  beforeEach(async () => {
    service = await startKeyService();
    stops.push(() => service.close());
  });

  test('makes a key and revokes the old one, as often as it is asked', async () => {
    const provider = await openOutside(keysProvider(service.url), service.admin);
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
    const proxy = await breakOnce(service.url, 'POST', /keys$/, fault);
    stops.push(() => proxy.stop());
    const provider = await openOutside(keysProvider(proxy.endpoint), service.admin);
    service.add('by hand');
    await expect(makeAgain(provider, making(['1']))).rejects.toMatchObject({ code: 'SystemUnreachable' });
    const made = await makeAgain(provider, making(['1']));

    expect(service.keys.map(({ id }) => String(id))).toEqual(['1', made.user]);
  });

  test.each(faults)('takes a password of ours, also where %s', async (_, fault) => {
    const proxy = await breakOnce(service.url, 'PUT', /password$/, fault);
    stops.push(() => proxy.stop());
    const provider = await openOutside(passwordProvider(proxy.endpoint), service.admin);
    const old = { user: 'shop', password: service.password };
    expect([provider.succession, await provider.try(old)]).toEqual(['inPlace', 'works']);
    const value = await provider.make(making([], old));
    await expect(provider.set(value, 'shop')).rejects.toMatchObject({ code: 'SystemUnreachable' });
    await provider.set(value, 'shop');

    expect([await provider.try(old), await provider.try(value)]).toEqual(['refused', 'works']);
    await provider.set(old, 'shop');
    expect([await provider.try(old), await provider.try(value)]).toEqual(['works', 'refused']);
  });

  test('that repeats in its errors what it was sent is quoted without it', async () => {
    const provider = await openOutside(passwordProvider(service.url), service.admin);
    const value = { user: 'shop', password: 'PLANTED/new+password="1' };
    service.trouble = 422;
    const error = await said(provider.set(value, 'shop'));

    expect(error).toContain('cannot take');
    expect(error).toContain('•••');
    expect(findLeaks({ admin: service.admin, password: value.password }, { error })).toEqual([]);
  });

  test('that answers something else, or without a name for the old key, changes nothing', async () => {
    const spec = keysProvider(service.url);
    const other = await openOutside({ ...spec, create: { ...spec.create, password: 'key.value' } }, service.admin);
    const error = await said(other.make(making()));
    expect(error).toContain('key.value');
    expect(findLeaks({ made: service.keys[0]?.secret ?? '' }, { error })).toEqual([]);

    const provider = await openOutside(spec, service.admin);
    const turn = { next: '', old: '', known: [] };
    await expect(provider.rehearse(turn)).rejects.toMatchObject({ code: 'Refused' });
    const stranger = await openOutside(spec, 'PLANTED/wrong');
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
    const provider = await openOutside(spec(service.url), 'none');
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
    const away = await openOutside(spec(url), 'none');
    await expect(away.retire(old)).rejects.toMatchObject({ code: 'SystemUnreachable' });
    await expect(provider.make(making())).rejects.toThrow('runbook intake');
  });

  test('is described wholly', () => {
    expect(ProviderSpec.safeParse(spec('https://x.example')).success).toBe(true);
    expect(ProviderSpec.safeParse(spec('https://x.example', { overlaps: false })).success).toBe(false);
    expect(ProviderSpec.safeParse(spec('https://x.example', { retire: undefined })).success).toBe(false);
  });
});
