import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { examineBackup } from '../../client/cli/doctor/backup.js';
import { check, renderFindings } from '../../client/cli/doctor/findings.js';
import { examinePeople } from '../../client/cli/doctor/people.js';
import { describePermission, neededPermissions } from '../../client/cli/doctor/permissions.js';
import { plainLook } from './records.js';

test('a check that throws or never ends is a finding with advice', async () => {
  const findings = await Promise.all([
    check('key ring', 'set RUNBOOK_KEYRING', () => 'fine'),
    check('Temporal', 'npm run stack', () => Promise.reject(new Error('nothing listens there'))),
    check('cluster', 'look at it', () => new Promise<string>(() => undefined), 20),
  ]);

  expect(renderFindings(findings, plainLook())).toEqual([
    '✓  key ring  fine',
    '✗  Temporal  nothing listens there',
    '     → npm run stack',
    '✗  cluster   no answer within 0.02 s',
    '     → look at it',
  ]);
});

test('rights are named as people write them', () => {
  expect(neededPermissions.map(describePermission)).toEqual(
    expect.arrayContaining([
      'patch deployments.apps',
      'create pods/exec',
      'update httproutes.gateway.networking.k8s.io',
      'delete ingresses.networking.k8s.io',
      'update virtualservices.networking.istio.io',
      'list endpointslices.discovery.k8s.io',
    ]),
  );
});

test('backups are looked at where the environment says what to look at', async () => {
  expect(await examineBackup({})).toEqual([]);

  let status = 403;
  const store = createServer((_, response) => response.writeHead(status, { connection: 'close' }).end()).listen(
    0,
    '127.0.0.1',
  );
  await new Promise((resolve) => store.once('listening', resolve));
  const address = `127.0.0.1:${(store.address() as AddressInfo).port}`;
  const environment = { S3_URL: `http://${address}`, POSTGRES_ADDRESS: address };
  expect((await examineBackup(environment)).slice(0, 2)).toMatchObject([{ ok: true }, { ok: true, found: address }]);
  status = 503;
  expect((await examineBackup(environment))[0]).toMatchObject({ ok: false, found: `http://${address} answered 503` });
  store.closeAllConnections();
  await new Promise((resolve) => store.close(resolve));
  expect((await examineBackup(environment)).slice(0, 2)).toMatchObject([
    { ok: false, found: `http://${address}: ECONNREFUSED` },
    { ok: false, found: expect.stringContaining('ECONNREFUSED') },
  ]);
});

test('who may do what and who is told are looked at where a file of it is named', async () => {
  expect(await examinePeople({})).toEqual([]);

  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  const [access, channels, key] = ['access.yaml', 'channels.yaml', 'vote-key.json'].map((each) => join(folder, each));
  if (!access || !channels || !key) throw new Error('expected three names');
  const environment = { RUNBOOK_ACCESS: access, RUNBOOK_CHANNELS: channels, RUNBOOK_VOTE_KEY: key };
  await writeFile(access, 'kind: access\npeople: [{ name: bob }]\n');
  await writeFile(channels, 'kind: channels\n');
  await writeFile(key, '{}', { mode: 0o644 });
  const ill = await examinePeople(environment);
  const example = (name: string) => fileURLToPath(new URL(`../../runbooks/${name}`, import.meta.url));
  await chmod(key, 0o600);
  const well = await examinePeople({ ...environment, RUNBOOK_CHANNELS: example('channels.yaml') });
  await rm(folder, { recursive: true });

  expect(ill).toMatchObject([
    { name: 'access file', ok: false, found: `${access} has no voteKeys: no vote counts as signed` },
    { name: 'vote key', ok: false, found: `${key}: others than its owner may read it` },
    { name: 'channels', ok: false, found: expect.stringContaining('channels') },
  ]);
  expect(well.slice(1)).toMatchObject([
    { ok: true, found: key },
    { ok: true, found: 'releases, shop, mail, on-call, archive; 4 routes' },
  ]);
});
