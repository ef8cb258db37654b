import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectServiceAccountTokens } from '../../../systems/credentials/providers/service-account-token/provider.js';
import { KubernetesApi } from '../../../systems/kubernetes/api.js';
import { startHttpServer, type HttpServer } from '../../support/http-server.js';

// What a real API server says only when its own store fails, and when it is told to shorten all tokens.
let server: HttpServer;

beforeEach(async () => {
  server = await startHttpServer();
});

afterEach(() => server.close());

function open() {
  const kubeConfig = new KubeConfig();
  const cluster = { name: 'fake', server: server.url, skipTLSVerify: true };
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'fake' });
  return connectServiceAccountTokens(new KubernetesApi(kubeConfig), {
    namespace: 'shop',
    serviceAccount: 'shop',
    lifetime: 7200,
  });
}

const claims = { 'kubernetes.io': { secret: { name: 'shop-token', uid: 'its-uid' } } };
const value = {
  user: 'shop-token',
  password: `head.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`,
};

/** The Secret as it is found, or that there is none. */
function answer(error: string, secret: object | undefined): void {
  const missing = { kind: 'Status', reason: 'NotFound', message: 'secrets "shop-token" not found' };
  server.answer = ({ method }, response) => {
    const body = method === 'POST' ? { status: { authenticated: false, error } } : (secret ?? missing);
    response.writeHead(body === missing ? 404 : 200).end(JSON.stringify(body));
  };
}

const invalidated = '[invalid bearer token, service account token has been invalidated]';

test.each([
  ['refused', invalidated, undefined],
  ['refused', invalidated, { metadata: { name: 'shop-token', uid: 'another' } }],
  ['unknown', invalidated, { metadata: { name: 'shop-token', uid: 'its-uid' } }],
  ['unknown', 'etcdserver: request timed out', undefined],
  ['unknown', 'context deadline exceeded', undefined],
  [
    'refused',
    '[invalid bearer token, service account token has expired]',
    { metadata: { name: 'shop-token', uid: 'its-uid' } },
  ],
])('a token is %s where the API server says "%s" (Secret: %j)', async (trial, error, secret) => {
  answer(error, secret);

  expect(await open().try(value)).toBe(trial);
});

test('a token that the API server has shortened is refused, and its value not said', async () => {
  server.answer = ({ url }, response) => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const made = { metadata: { name: 'shop-token', uid: 'its-uid' } };
    const issued = { status: { token: value.password, expirationTimestamp: until } };
    response.writeHead(201).end(JSON.stringify(url?.includes('/token') ? issued : made));
  };

  const making = { run: 'run', since: '', known: [], user: '', current: undefined };
  await expect(open().make(making)).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringMatching(/expected a token for 2 h 0 m.*shortens them/),
  });
  await expect(open().make(making)).rejects.not.toThrow(value.password);
});
