import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createWayBackActivities } from '../../activities/way-back.js';
import { warmAddresses } from '../../systems/warm.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { createRemote, file, good, rollbackOf } from '../systems/git/remote.js';
import { adminToken, ofrepToken, startFlagServer, type FlagServer } from '../systems/flags/unleash-server.js';

let home: string;
let tokens: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'way-back-'));
  tokens = join(home, 'tokens');
  mkdirSync(tokens);
  writeFileSync(join(tokens, 'unleash'), `${adminToken}\n`);
  writeFileSync(join(tokens, 'ofrep'), ofrepToken);
  writeFileSync(join(home, 'key-ring'), 'the-worker-s-own-secret');
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const activities = () => createWayBackActivities({ RUNBOOK_TOKEN_DIRECTORY: tokens });

describe('switchFlagOff', () => {
  let server: FlagServer;

  beforeEach(async () => {
    server = await startFlagServer();
  });

  afterEach(() => server.close());

  const flag = (tokenFile: string) => ({
    api: 'unleash' as const,
    url: `${server.url}/`,
    flag: 'new-cart',
    project: 'default',
    environment: 'production',
    tokenFile,
    seenBy: { ofrep: server.url, tokenFile: 'ofrep', context: {} },
    within: 10,
  });

  test('reads its tokens from files of the worker, also those that a mounted Secret links to', async () => {
    mkdirSync(join(tokens, '..data'));
    writeFileSync(join(tokens, '..data', 'unleash'), adminToken);
    symlinkSync(join('..data', 'unleash'), join(tokens, 'linked'));

    expect(await activities().switchFlagOff({ flag: flag('linked') })).toContain('services see it off');
    expect(await activities().switchFlagOff({ flag: flag(join(tokens, 'unleash')) })).toContain('is off');
  });

  test.each([
    ['a file outside of the worker’s tokens', () => '../key-ring'],
    ['another file by its full path', () => join(home, 'key-ring')],
    ['a link that leads out', () => (symlinkSync(join(home, 'key-ring'), join(tokens, 'out')), 'out')],
    ['the directory itself', () => '.'],
    ['no file', () => 'nothing'],
  ])('sends nothing from %s', async (_, name) => {
    await expect(activities().switchFlagOff({ flag: flag(name()) })).rejects.toMatchObject({ code: 'InvalidSettings' });
    expect(server.requests).toEqual([]);
  });

  test('does not take for a token what is none', async () => {
    writeFileSync(join(tokens, 'unleash'), 'two\nlines');

    await expect(activities().switchFlagOff({ flag: flag('unleash') })).rejects.toMatchObject({
      code: 'InvalidSettings',
      message: expect.not.stringContaining('lines'),
    });
  });
});

describe('revertInGit', () => {
  test('sets the image back and says where', async () => {
    const remote = createRemote();
    try {
      const { from, to, service, runId, ...git } = rollbackOf(remote);
      const rung = { ...git, username: 'x-access-token' };

      expect(await activities().revertInGit({ git: rung, from, to, service, runId })).toContain(
        `${file} on main names ${good}`,
      );
      expect(await activities().revertInGit({ git: rung, from, to, service, runId })).toContain(
        `${file} on main names ${good}`,
      );
      await expect(
        activities().revertInGit({ git: { ...rung, tokenFile: '../key-ring' }, from, to, service, runId }),
      ).rejects.toMatchObject({ code: 'InvalidSettings' });
    } finally {
      remote.remove();
    }
  });
});

describe('warmCaches', () => {
  let server: HttpServer;
  let url: string;

  beforeEach(async () => {
    server = await startHttpServer();
    ({ url } = server);
  });

  afterEach(() => server.close());

  test('asks for each address as often as wanted, with its headers, and again where one fails', async () => {
    const asked: string[] = [];
    server.answer = ({ url: path, headers }, response) => {
      asked.push(`${headers.host} ${path}`);
      response.writeHead(asked.length === 1 ? 503 : path === '/old' ? 301 : 200).end();
    };
    const addresses = [
      { url: `${url}/cart?token=secret`, headers: { Host: 'shop.local' }, times: 3 },
      { url: `${url}/old`, headers: { Host: 'shop.local' }, times: 1 },
    ];

    const told = await activities().warmCaches({ addresses });

    expect(asked.filter((each) => each.startsWith('shop.local /cart'))).toHaveLength(told.includes('/old') ? 4 : 0);
    expect(told).toMatch(/\/cart\?token=••• \d\.\d\d s → \d\.\d\d s, .*\/old \d\.\d\d s$/);
  });

  test('never storms a service: a few addresses at a time', async () => {
    let open = 0;
    let most = 0;
    server.answer = (_, response) => {
      most = Math.max(most, (open += 1));
      setTimeout(() => {
        open -= 1;
        response.end();
      }, 20);
    };

    await warmAddresses(
      Array.from({ length: 12 }, (_, index) => ({ url: `${url}/${index}`, headers: {}, times: 2 })),
      20,
    );

    expect(most).toBe(4);
  });

  test('fails for nothing: what is not warm in time is told', async () => {
    server.answer = ({ url: path }, response) => {
      if (path !== '/silent') response.writeHead(500).end();
    };
    const addresses = ['/broken', '/silent'].map((path) => ({ url: `${url}${path}`, headers: {}, times: 2 }));

    expect(await warmAddresses([...addresses, { url: 'http://127.0.0.1:1/', headers: {}, times: 1 }], 2)).toEqual([
      `${url}/broken NOT warm: 0 of 2 answered, found HTTP 500`,
      expect.stringMatching(/silent NOT warm: 0 of 2 answered, found no answer within/),
      expect.stringContaining('ECONNREFUSED'),
    ]);
  });
});
