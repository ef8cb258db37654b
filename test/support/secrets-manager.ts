// A fake of AWS Secrets Manager after https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html: JSON 1.1 by
// X-Amz-Target; versions named by ClientRequestToken, which cannot be changed; labels of which each is at one version, moved only from where
// the caller says that they are; AWSPREVIOUS follows AWSCURRENT.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface StoredSecret {
  kmsKey?: string | undefined;
  rotates?: boolean;
  /** By their ids, the oldest first. */
  versions: Map<string, string>;
  /** At which version each label is. */
  labels: Map<string, string>;
}

/** The fake, with what a test looks at and changes behind the client's back. */
export interface SecretsManager {
  address: string;
  key: { accessKeyId: string; secretAccessKey: string };
  secrets: Map<string, StoredSecret>;
  /** What the key may not do. */
  denied: string[];
  /** Says of each call whether it goes wrong: before it is done, or when it is to be answered. */
  fails: (action: string) => { done: boolean } | undefined;
  /** What a label's version holds. */
  holds(name: string, label?: string): unknown;
  put(name: string, value: object, more?: Partial<StoredSecret>): void;
  stop(): void;
}

type Request = Record<string, string | undefined> & { VersionStages?: string[] };

class Failure extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** Starts it on a free port of this machine. */
export async function startSecretsManager(): Promise<SecretsManager> {
  const server = createServer((request, response) => {
    answer(service, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: SecretsManager = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: { accessKeyId: 'AKIATESTS', secretAccessKey: 'secret-of-the-tests' },
    secrets: new Map(),
    denied: [],
    fails: () => undefined,
    holds(name, label = 'AWSCURRENT') {
      const secret = service.secrets.get(name);
      return JSON.parse(secret?.versions.get(secret.labels.get(label) ?? '') ?? 'null') as unknown;
    },
    put(name, value, more = {}) {
      const id = `first-${'0'.repeat(32)}`;
      const versions = new Map([[id, JSON.stringify(value)]]);
      service.secrets.set(name, { versions, labels: new Map([['AWSCURRENT', id]]), ...more });
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  return service;
}

async function answer(service: SecretsManager, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await json(request)) as Request;
  const action = /^secretsmanager\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? '';
  const fault = service.fails(action);
  if (fault?.done === false) return void request.socket.destroy();
  const [status, answered] = act(service, action, request.headers.authorization ?? '', body);
  if (fault) return void request.socket.destroy();
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answered));
}

function act(service: SecretsManager, action: string, authorization: string, body: Request): [number, object] {
  try {
    const id = /Credential=([^/]+)\//.exec(authorization)?.[1];
    if (id !== service.key.accessKeyId)
      throw new Failure('UnrecognizedClientException', 'The security token included in the request is invalid.');
    const name = body['SecretId'] ?? body['Name'] ?? '';
    if (service.denied.includes(action))
      throw new Failure('AccessDeniedException', `not authorized to perform: secretsmanager:${action} on ${name}`);
    if (action === 'CreateSecret') return [200, create(service, name, body)];
    const secret = service.secrets.get(name);
    if (!secret) throw new Failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    const work = actions[action];
    if (!work) throw new Failure('UnknownOperationException', action);
    return [200, work(secret, body)];
  } catch (error) {
    if (error instanceof Failure) return [400, { __type: error.type, Message: error.message }];
    throw error;
  }
}

function create(service: SecretsManager, name: string, body: Request): object {
  const { ClientRequestToken: id = '', SecretString: text = '', KmsKeyId: kmsKey } = body;
  const known = service.secrets.get(name);
  if (known && known.versions.get(id) !== text)
    throw new Failure('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
  if (!known)
    service.secrets.set(name, { kmsKey, versions: new Map([[id, text]]), labels: new Map([['AWSCURRENT', id]]) });
  return { Name: name, VersionId: id };
}

const actions: Record<string, (secret: StoredSecret, body: Request) => object> = {
  DescribeSecret: ({ kmsKey, rotates = false }) => ({ KmsKeyId: kmsKey, RotationEnabled: rotates }),

  GetSecretValue({ versions, labels }, { VersionStage: label = 'AWSCURRENT' }) {
    const id = labels.get(label);
    if (id === undefined)
      throw new Failure(
        'ResourceNotFoundException',
        `can't find the specified secret value for staging label: ${label}`,
      );
    return { VersionId: id, SecretString: versions.get(id) };
  },

  PutSecretValue(
    secret,
    { ClientRequestToken: id = '', SecretString: text = '', VersionStages: stages = ['AWSCURRENT'] },
  ) {
    const known = secret.versions.get(id);
    if (known !== undefined && known !== text)
      throw new Failure(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${id} because that value is already in use.`,
      );
    if (known === undefined) {
      secret.versions.set(id, text);
      for (const stage of stages) attach(secret, stage, id);
    }
    return { VersionId: id };
  },

  UpdateSecretVersionStage(secret, { VersionStage: label = '', MoveToVersionId: to, RemoveFromVersionId: from }) {
    if (to !== undefined && !secret.versions.has(to))
      throw new Failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret version.");
    const at = secret.labels.get(label);
    if (at !== to && at !== from)
      throw new Failure('InvalidParameterException', `The label ${label} is attached to another version.`);
    if (to !== undefined) attach(secret, label, to);
    else secret.labels.delete(label);
    return {};
  },
};

function attach(secret: StoredSecret, label: string, id: string): void {
  const before = secret.labels.get('AWSCURRENT');
  if (label === 'AWSCURRENT' && before !== undefined && before !== id) secret.labels.set('AWSPREVIOUS', before);
  secret.labels.set(label, id);
}
