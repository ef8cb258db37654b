import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { openApiPlace, type ApiPlace } from '../../support/api-place.js';

jest.setTimeout(240_000);

let place: ApiPlace;
let operations: Operation[];
const alice = '1';

interface Schema {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

interface Operation {
  method: string;
  path: string;
  parameters: Array<{ name: string; in: string; required?: boolean; schema: Schema }>;
  body?: Schema;
}

beforeAll(async () => {
  place = await openApiPlace('fuzz');
  const { body } = await place.ask('/openapi.json');
  const paths = body['paths'] as Record<string, Record<string, Record<string, unknown>>>;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const content = (requestBody as { content?: Record<string, { schema: Schema }> } | undefined)?.content;
      const schema = content?.['application/json']?.schema;
      return {
        method: method.toUpperCase(),
        path,
        parameters: parameters as Operation['parameters'],
        ...(schema && { body: schema }),
      };
    }),
  );
});

afterAll(() => place.close());

const texts = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '../../etc/passwd',
    'deploy.yaml',
    '${TAG}',
    "' OR 1=1 --",
    '\u0000',
    '2026-01-01T00:00:00Z',
    'approve',
    'abcdef012345',
  ),
);

/** What a schema asks for, or something near it. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  const near = (right: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 5, arbitrary: right }, fc.jsonValue({ maxDepth: 2 }));
  if (schema.enum) return near(fc.constantFrom(...schema.enum));
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  if (schema.type === 'integer' || schema.type === 'number') return near(fc.oneof(fc.integer(), fc.double()));
  if (schema.type === 'boolean') return near(fc.boolean());
  if (schema.type === 'array') return near(fc.array(valuesOf(schema.items ?? {}), { maxLength: 3 }));
  if (schema.type === 'object' && schema.properties) {
    const fields = Object.fromEntries(Object.entries(schema.properties).map(([name, each]) => [name, valuesOf(each)]));
    return near(fc.record(fields, { requiredKeys: [] }));
  }
  if (schema.type === 'object') return near(fc.dictionary(texts, texts, { maxKeys: 3 }));
  return near(texts);
}

/** A request that the document describes, more or less. */
function requestsOf({ method, path, parameters, body }: Operation) {
  const values = fc.record(Object.fromEntries(parameters.map(({ name, schema }) => [name, valuesOf(schema)])), {
    requiredKeys: [],
  });
  return fc.record({ values, body: body ? valuesOf(body) : fc.constant(undefined) }).map((drawn) => {
    const text = (name: string) => {
      const value = drawn.values[name];
      return encodeURIComponent(
        Buffer.from(typeof value === 'string' ? value : JSON.stringify(value ?? 'x')).toString(),
      );
    };
    const query = parameters.filter((each) => each.in === 'query' && drawn.values[each.name] !== undefined);
    const where = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => text(name));
    const search = query.map(({ name }) => `${name}=${text(name)}`).join('&');
    return { method, url: `${where}?${search}`, body: drawn.body };
  });
}

test('no request that the document describes, or nearly, makes the server fail or hang', async () => {
  expect(operations.length).toBeGreaterThan(15);
  const token = await place.issuer.token({ sub: alice });
  const anyRequest = fc.oneof(...operations.map(requestsOf));
  const seen = new Map<number, number>();

  await fc.assert(
    fc.asyncProperty(anyRequest, async ({ method, url, body }) => {
      const { status, body: answer } = await place.ask(url, {
        token,
        method,
        ...(method !== 'GET' && { body: body ?? {} }),
      });
      seen.set(status, (seen.get(status) ?? 0) + 1);
      // No worker polls here, and the shop has no rotations: that is said, and is no failure of the server.
      const away = answer['code'] === 'TemporalUnreachable';
      expect(status < 500 || away ? '' : `${status} ${JSON.stringify(answer)}`).toBe('');
      expect(JSON.stringify(answer)).not.toMatch(/node_modules|\bat \w+ \(/);
      const problem = { status: expect.any(Number), code: expect.any(String), detail: expect.any(String) };
      expect(answer).toMatchObject(status >= 400 ? problem : {});
    }),
    { numRuns: 600, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: true },
  );

  // It did not only knock at doors that are shut.
  expect(seen.get(200)).toBeGreaterThan(20);
});
