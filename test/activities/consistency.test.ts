import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createWayBackActivities } from '../../activities/way-back.js';
import type { ConsistencyCheck } from '../../runbooks/way-back.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { startPostgres, type Postgres } from '../support/postgres.js';

let postgres: Postgres;
let client: pg.Client;
let server: HttpServer;
let url: string;
let status = 200;

beforeAll(async () => {
  postgres = await startPostgres();
  client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`create table orders (id int primary key, total numeric(8, 2), note text);
    insert into orders values (1, 10.50, null), (2, 20.00, 'password=hunter2')`);
  server = await startHttpServer((_, response) => response.writeHead(status).end('{"carts": 3}'));
  url = `${server.url}/carts`;
}, 120_000);

afterAll(async () => {
  await client.end();
  await postgres.remove();
  await server.close();
});

function sql(query: string, expected: string, over: Partial<Extract<ConsistencyCheck, { by: 'sql' }>> = {}) {
  const check = { by: 'sql', name: 'orders', sql: query, expect: expected, database: 'SHOP_DATABASE_URL', within: 0 };
  return { ...check, ...over } as ConsistencyCheck;
}

const http = (over: Partial<Extract<ConsistencyCheck, { by: 'http' }>> = {}): ConsistencyCheck => {
  return { by: 'http', name: 'carts', url, headers: {}, status: 200, contains: '"carts"', within: 2, ...over };
};

function check(...checks: ConsistencyCheck[]): Promise<string> {
  return createWayBackActivities({ SHOP_DATABASE_URL: postgres.url }).checkConsistency({ checks });
}

describe('checks that hold', () => {
  test('are named', async () => {
    expect(await check(http(), sql('select count(*) from orders', '2'))).toBe('carts, orders');
    expect(await check()).toBe('none');
  });

  test.each([
    ['a number as it is written', 'select sum(total) from orders', '30.50'],
    ['a truth', 'select exists (select from orders where id = 1)', 't'],
    ['a text, with the query’s own semicolon and comment', "select 'a;b' -- all\n;", 'a;b'],
    ['a date, whatever the machine’s time zone', "select date '2026-01-02'", '2026-01-02'],
    [
      'a query with a name for a part',
      'with big as (select * from orders where total > 15) select count(*) from big',
      '1',
    ],
  ])('may be on %s', async (_, query, expected) => {
    expect(await check(sql(query, expected))).toBe('orders');
  });

  test('are waited for', async () => {
    status = 503;
    setTimeout(() => (status = 200), 600);

    expect(await check(http({ within: 10 }))).toBe('carts');
  });
});

describe('checks that do not hold', () => {
  test('are all told at once, with which, wanted and found', async () => {
    await expect(
      check(http({ contains: 'none' }), sql('select count(*) from orders', '3'), http()),
    ).rejects.toMatchObject({
      code: 'Inconsistent',
      message:
        '2 of 3 checks after the rollback do not hold: carts: expected a body with "none", found "{"carts": 3}"; orders: expected "3", found "2"; look at the data before the next release',
    });
  });

  test.each([
    ['no row', 'select id from orders where id = 9', 'found no row'],
    ['more than one', 'select id from orders', 'found more rows'],
    ['two columns', 'select 1, 2', 'found 2 columns'],
    ['no value', 'select note from orders where id = 1', 'found NULL'],
    ['a query that is wrong', 'select nothing from orders', 'column "nothing" does not exist'],
    ['one that writes', 'delete from orders returning 1', 'syntax error at or near "delete"'],
    [
      'one that writes all the same',
      "with gone as (delete from orders returning 1) select '1' from gone",
      'DECLARE CURSOR must not contain data-modifying statements',
    ],
    ['one that writes by a function', "select setval('s', 1)", 'relation "s" does not exist'],
    ['several', "select '1'; delete from orders", 'cannot insert multiple commands'],
  ])('may find %s', async (_, query, found) => {
    await expect(check(sql(query, '1'))).rejects.toMatchObject({
      code: 'Inconsistent',
      message: expect.stringContaining(found),
    });
    expect((await client.query('select id from orders')).rowCount).toBe(2);
  });

  test('cannot write through a function either', async () => {
    await client.query("create function sweep() returns int language sql as 'delete from orders; select 1'");

    await expect(check(sql('select sweep()', '1'))).rejects.toMatchObject({
      message: expect.stringContaining('read-only transaction'),
    });
    expect((await client.query('select id from orders')).rowCount).toBe(2);
  });

  test('never tell a secret', async () => {
    const environment = {
      WRONG_DATABASE_URL: postgres.url.replace(postgres.password, 'other-secret'),
      BROKEN_DATABASE_URL: 'postgres://shop:third-secret@[/x',
      GONE_DATABASE_URL: 'postgres://shop:fourth-secret@127.0.0.1:1/shop',
    };
    const names = ['WRONG_DATABASE_URL', 'BROKEN_DATABASE_URL', 'GONE_DATABASE_URL', 'UNSET_DATABASE_URL'];
    const checks = names.map((database) => sql('select 1', '1', { database, name: database }));
    const activities = createWayBackActivities({ ...environment, SHOP_DATABASE_URL: postgres.url });
    const failing = activities.checkConsistency({
      checks: [...checks, sql('select note from orders where id = 2', 'none')],
    });

    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(
        /^(?!.*(secret|hunter2|of-the-tests)).*WRONG.*password authentication failed.*BROKEN.*GONE.*ECONNREFUSED.*UNSET.*set it for the worker.*found "password=•••"/,
      ),
    });
  });
});
