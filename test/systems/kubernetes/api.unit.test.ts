import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { resources, type KubernetesApi } from '../../../systems/kubernetes/api.js';
import { ApiServer, apiAt, failure, type Fault } from './api-server.js';

const path = '/api/v1/namespaces/shop/configmaps/web-config';
const configMap = { metadata: { namespace: 'shop', name: 'web-config' }, data: { A: '1' } };

let server: ApiServer;
let api: KubernetesApi;

beforeEach(async () => {
  server = await ApiServer.start();
  api = server.api;
});

afterEach(() => {
  jest.restoreAllMocks();
  server.stop();
});

const read = () => api.read(resources.configMaps, 'shop', 'web-config');
const replace = () => api.replace(resources.configMaps, configMap);

test('an object is read with everything in it, fields of later versions included', async () => {
  server.put(path, { ...configMap, fieldOfNextYear: { deep: [1] } });

  expect(await read()).toMatchObject({ data: { A: '1' }, fieldOfNextYear: { deep: [1] } });
});

test('what is not there is undefined where that is an answer, and an error with a hint where it is not', async () => {
  expect(await api.find(resources.configMaps, 'shop', 'web-config')).toBeUndefined();
  await expect(read()).rejects.toMatchObject({
    code: 'NotFound',
    message: expect.stringMatching(/^GET .*\/shop\/configmaps\/web-config: .*not found \(HTTP 404\); check the name/),
  });
});

test('names cannot leave their place in the path', async () => {
  await api.find(resources.configMaps, 'shop/../kube-system', '../../secrets?x=');

  expect(server.requests[0]).toMatchObject({
    path: '/api/v1/namespaces/shop%2F..%2Fkube-system/configmaps/..%2F..%2Fsecrets%3Fx%3D',
  });
});

test('a list asks for its labels', async () => {
  server.put('/api/v1/namespaces/shop/pods/web-1', { metadata: { namespace: 'shop', name: 'web-1' } });

  const pods = await api.list(resources.pods, 'shop', { app: 'web', tier: 'front end' });

  expect(pods).toEqual([expect.objectContaining({ metadata: expect.objectContaining({ name: 'web-1' }) })]);
  expect(new URLSearchParams(server.requests[0]?.query).get('labelSelector')).toBe('app=web,tier=front end');
});

test('an apply says who applies and takes the fields over', async () => {
  await api.apply(resources.configMaps, configMap);

  expect(server.requests[0]).toMatchObject({
    method: 'PATCH',
    query: '?fieldManager=temporal-runbooks&force=true',
    contentType: 'application/apply-patch+yaml',
    body: configMap,
  });
});

const changed = (value: string) => ({ ...configMap, data: { A: value } });

test('a rehearsal asks the server and changes nothing', async () => {
  server.put(path, configMap);
  const before = JSON.stringify([...server.objects]);

  await api.apply(resources.configMaps, changed('2'), { rehearse: true });
  const live = await api.read<typeof configMap>(resources.configMaps, 'shop', 'web-config');
  await api.replace(resources.configMaps, { ...live, ...changed('3'), metadata: live.metadata }, { rehearse: true });

  expect(JSON.stringify([...server.objects])).toBe(before);
  expect(server.changes()).toEqual([]);
});

test('a delete takes what the object owns along, and is done when the object is gone already', async () => {
  server.put(path, configMap);

  await api.remove(resources.configMaps, 'shop', 'web-config', 'Foreground');
  await api.remove(resources.configMaps, 'shop', 'web-config');

  expect(server.objects.size).toBe(0);
  expect(server.requests[0]?.body).toEqual({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Foreground',
  });
});

test('the request after a delete is understood on the same connection', async () => {
  server.put(path, configMap);

  await api.remove(resources.configMaps, 'shop', 'web-config');
  server.put(path, configMap);

  expect(await read()).toMatchObject({ data: { A: '1' } });
  expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(1);
});

describe('an answer that is no success says what was asked, what was said and what it means', () => {
  test.each<[string, number, string, string, string]>([
    ['who we are is not known', 401, 'Unauthorized', 'Forbidden', 'runbook doctor'],
    ['a right is missing', 403, 'Forbidden', 'Forbidden', 'runbook doctor'],
    ['somebody was faster', 409, 'Conflict', 'Conflict', ''],
    ['the object is not valid', 422, 'Invalid', 'Refused', ''],
    ['the request is not understood', 400, 'BadRequest', 'Refused', ''],
    ['the server is busy', 429, 'TooManyRequests', 'ClusterUnreachable', ''],
    ['the server is broken', 500, 'InternalError', 'ClusterUnreachable', ''],
    ['the server is starting', 503, 'ServiceUnavailable', 'ClusterUnreachable', ''],
  ])('%s (HTTP %i)', async (_, status, reason, code, hint) => {
    server.failNext('PUT', failure(status, reason, 'the server says why'));

    await expect(replace()).rejects.toMatchObject({
      code,
      status,
      reason,
      message: expect.stringMatching(
        new RegExp(
          `^PUT /api/v1/namespaces/shop/configmaps/web-config: the server says why \\(HTTP ${status}\\).*${hint}`,
        ),
      ),
    });
  });

  test('the page of a proxy in between is shown, cut short', async () => {
    server.failNext('GET', { status: 502, body: `<html>Bad Gateway${'.'.repeat(10_000)}` });

    const error = await read().catch((thrown: unknown) => thrown as Error);

    expect(error).toMatchObject({ code: 'ClusterUnreachable', message: expect.stringContaining('<html>Bad Gateway') });
    expect((error as Error).message.length).toBeLessThan(700);
  });
});

describe('a server that cannot be heard may be asked again', () => {
  test.each<[string, Fault, RegExp]>([
    ['it breaks off', 'breaks off', /found .*(hang up|ECONNRESET)/],
    ['its answer is lost', 'loses the answer', /found .*(hang up|ECONNRESET)/],
  ])('%s', async (_, fault, found) => {
    server.put(path, configMap);
    server.failNext('GET', fault);

    await expect(read()).rejects.toMatchObject({ code: 'ClusterUnreachable', message: expect.stringMatching(found) });
    expect(await read()).toMatchObject({ data: { A: '1' } });
  });

  test('its answer is cut off or no JSON: the message says whose and to what', async () => {
    server.failNext('GET', { status: 200, body: '{"kind": "ConfigMap", "da' });

    await expect(read()).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining('/api/v1/namespaces/shop/configmaps/web-config'),
    });
  });

  test('nobody listens', async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));

    await expect(apiAt(`https://127.0.0.1:${port}`).read(resources.pods, 'shop', 'web')).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: `cluster https://127.0.0.1:${port}: expected an answer, found connect ECONNREFUSED 127.0.0.1:${port}; check KUBECONFIG and the network`,
    });
  });

  test('it accepts and never answers: the wait has an end', async () => {
    const real = AbortSignal.timeout.bind(AbortSignal);
    const asked = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => real(50));
    server.failNext('GET', 'hangs');

    await expect(read()).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      // Jest's errors are not Node's own, so the adapter may not recognise this one.
      message: expect.stringMatching(/found (no answer within 10 s|The operation was aborted)/),
    });
    expect(asked).toHaveBeenCalledWith(10_000);
  });
});

test('a page that is not the API’s does not make an object gone', async () => {
  server.put(path, configMap);
  server.failNext('GET', { status: 404, body: '404 page not found\n' });
  server.failNext('DELETE', { status: 404, body: '404 page not found\n' });

  await expect(api.find(resources.configMaps, 'shop', 'web-config')).rejects.toThrow('404 page not found');
  await expect(api.remove(resources.configMaps, 'shop', 'web-config')).rejects.toThrow('404 page not found');
});
