import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { payloadToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startCodecServer, type CodecServer } from '../../client/codec-server.js';
import { EncryptionCodec } from '../../core/codec.js';

let server: CodecServer;
const key = new Uint8Array(randomBytes(32));
const plain = payloadToJSON(defaultPayloadConverter.toPayload({ by: 'bob' }));
const ui = 'http://127.0.0.1:8233';

beforeAll(async () => {
  const codecs = [new EncryptionCodec({ current: 'a', keys: new Map([['a', key]]) })];
  server = await startCodecServer({ codecs, port: 0, origins: [] });
});

afterAll(() => server.close());

function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const request = { 'content-type': 'application/json', 'x-namespace': 'default', ...headers };
  return fetch(server.address + path, { method: 'POST', body, headers: request });
}

test('what it encodes it decodes again', async () => {
  const encoded = (await (await post('/encode', JSON.stringify({ payloads: [plain] }))).json()) as {
    payloads: unknown[];
  };
  const decoded: unknown = await (await post('/decode', JSON.stringify(encoded), { origin: ui })).json();

  expect(JSON.stringify(encoded)).not.toContain(plain.data);
  expect(decoded).toEqual({ payloads: [plain] });
});

test('payloads in clear pass through', async () => {
  expect(await (await post('/decode', JSON.stringify({ payloads: [plain] }))).json()).toEqual({ payloads: [plain] });
});

test('the UI of this machine may ask', async () => {
  const preflight = await fetch(`${server.address}/decode`, { method: 'OPTIONS', headers: { origin: ui } });

  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(ui);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-namespace');
});

test('pages from elsewhere get nothing', async () => {
  const answer = await post('/decode', JSON.stringify({ payloads: [plain] }), { origin: 'https://evil.example' });

  expect(answer.status).toBe(403);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  expect(await answer.text()).not.toContain(plain.data);
});

test.each([
  ['/decode', 'no JSON', 400],
  ['/decode', '{"payloads": [1]}', 400],
  ['/elsewhere', '{}', 404],
])('%s with %s is refused', async (path, body, status) => {
  expect((await post(path, body)).status).toBe(status);
});

test('a payload of a lost key says which key is missing', async () => {
  const other = new EncryptionCodec({ current: 'b', keys: new Map([['b', key]]) });
  const payloads = (await other.encode([defaultPayloadConverter.toPayload('x')])).map(payloadToJSON);

  const answer = await post('/decode', JSON.stringify({ payloads }));

  expect([answer.status, await answer.text()]).toEqual([
    400,
    JSON.stringify({ message: 'key ring: no key "b" (has a)' }),
  ]);
});
