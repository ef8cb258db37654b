import { createHash } from 'node:crypto';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { openRowSession, type RowSession } from '../../../../systems/sources/postgres/row-session.js';
import { Session } from '../../../../systems/sources/postgres/session.js';
import { launchAt } from '../../../../systems/sources/postgres/source.js';
import { startPostgres, type Postgres } from '../../../support/postgres.js';
import { eventually } from '../../../support/settings.js';

jest.setTimeout(120_000);

let postgres: Postgres;
let folder: string;

const made = `select 'copy (select * from mixed order by id) to stdout'`;

beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'rows-'));
  await inPsql(
    `create table mixed (id int, text text);
     insert into mixed select i, case i % 3 when 0 then '' when 1 then E'tab\\t, line\\n, \\\\ and ж' else repeat(md5(i::text), i % 50) end
       from generate_series(1, 20000) i;
     insert into mixed select 30000 + i, repeat(md5(i::text), 40000) from generate_series(1, 3) i;
     create table copied (like mixed);`,
  );
}, 120_000);

afterAll(async () => {
  await postgres.remove();
  await rm(folder, { recursive: true, force: true });
});

async function inPsql(sql: string): Promise<string> {
  const session = await Session.open(await launchAt('test', postgres.url), 'postgres');
  try {
    return await session.run(sql);
  } finally {
    await session.close();
  }
}

async function open(uri = postgres.url): Promise<RowSession> {
  return openRowSession(await launchAt('test', uri), 'postgres');
}

async function readAll(session: RowSession): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of session.streamMade(made)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await session.close();
  }
}

test('rows of any length come as psql writes them, with TLS and without', async () => {
  const byPsql = await readAll(await Session.open(await launchAt('test', postgres.url), 'postgres'));
  expect(byPsql.bytes).toBeGreaterThan(9_000_000);
  await expect(readAll(await open())).resolves.toEqual(byPsql);

  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', certificate], {
    timeout: 30_000,
  });
  const { uid, gid } = await stat(await inPsql('show data_directory'));
  for (const file of [folder, certificate, key]) await chown(file, uid, gid);
  for (const [name, value] of [
    ['ssl_cert_file', certificate],
    ['ssl_key_file', key],
    ['ssl', 'on'],
  ])
    await inPsql(`alter system set ${name} = '${value}'`);
  await inPsql('select pg_reload_conf()');
  for (const options of ['sslmode=require', `sslmode=verify-full&sslrootcert=${certificate}`]) {
    const session = await open(`${postgres.url}?${options}`);
    expect(await usesTls(session)).toBe('t\n');
    await expect(readAll(session)).resolves.toEqual(byPsql);
  }
  await expect(
    open(postgres.url.replace('127.0.0.1', 'localhost') + `?sslmode=verify-full&sslrootcert=${certificate}`),
  ).rejects.toMatchObject({
    code: 'SystemUnreachable',
  });
});

async function usesTls(session: RowSession): Promise<string> {
  const own = `select 'copy (select ssl from pg_stat_ssl where pid = pg_backend_pid()) to stdout'`;
  const chunks: Buffer[] = [];
  for await (const chunk of session.streamMade(own)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

test('rows go in as they came out; a row that the server refuses is told, and the connection takes another table', async () => {
  const from = await open();
  const into = await open();
  const rows = async function* () {
    for await (const chunk of from.streamMade(made)) yield Buffer.from(chunk);
  };
  await into.copyIn(Buffer.from('copy copied from stdin'), rows());
  expect(await inPsql('select count(*) from (select * from mixed except select * from copied) missing')).toBe('0');
  await expect(into.copyIn(Buffer.from('copy copied from stdin'), many('not a number\t\n'))).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringContaining('invalid input syntax for type integer'),
  });
  await into.copyIn(Buffer.from('copy copied from stdin'), many('1\tone\n'));
  await Promise.all([from.close(), into.close()]);
});

async function* many(row: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < 200; at += 1) yield await Promise.resolve(Buffer.from(row.repeat(1000)));
}

test('who reads no further ends the connection; a server that ends in the middle is told', async () => {
  const left = await open();
  for await (const chunk of left.streamMade(made)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await left.close();
  const count = `select count(*) from pg_stat_activity where query like 'copy (select * from mixed%'`;
  await eventually('an end of its query', 60, async () => (await inPsql(count)) === '0');

  const cut = await open();
  const reading = (async () => {
    let isFirst = true;
    for await (const chunk of cut.streamMade(made)) {
      expect(chunk.length).toBeGreaterThan(0);
      if (isFirst) await postgres.restart();
      isFirst = false;
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'SystemUnreachable' });
  await cut.close();
});
