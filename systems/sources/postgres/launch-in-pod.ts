import { PassThrough } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { RunbookError, type ErrorCode } from '../../../core/errors.js';
import type { KubernetesApi } from '../../kubernetes/api.js';
import { failureOf, saidBytes, type Launch, type Running } from './launch.js';
import { sessionOptions } from './session-options.js';

/** A server's own pod, and whom its programs connect as: by the pod's socket, as its administrator would. */
export interface ServerPod {
  namespace: string;
  pod: string;
  /** None: the pod's first one. */
  container?: string | undefined;
  user: string;
}

/** The socket of an exec: what of it is used here, of https://github.com/websockets/ws */
interface Socket {
  onclose: unknown;
  pause(): void;
  resume(): void;
  ping(): void;
  terminate(): void;
}

// What stands between ends a connection that is silent, as one that holds a snapshot is.
const pingMs = 20_000;

/** PostgreSQL's programs in the server's own pod, as kubectl exec runs them: the server needs no port, and its programs fit it. */
export function launchInPod(api: KubernetesApi, server: ServerPod): Launch {
  return ({ name, parameters, database }) => {
    const settings = {
      LC_MESSAGES: 'C',
      PGAPPNAME: 'temporal-runbooks',
      PGCONNECT_TIMEOUT: '10',
      PGOPTIONS: sessionOptions,
      PGUSER: server.user,
      PGDATABASE: database,
    };
    const environment = Object.entries(settings).map(([variable, value]) => `${variable}=${value}`);
    const where = `${name} in pod ${server.namespace}/${server.pod}`;
    return run(api, server, ['env', ...environment, name, ...parameters], (said, how) =>
      failureOf(where, database, said, how),
    );
  };
}

type Failure = (said: string, how: string) => RunbookError;

function run(api: KubernetesApi, server: ServerPod, command: string[], failure: Failure): Running {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let said = '';
  let stopped = false;
  let socket: Socket | undefined;
  stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-saidBytes)));
  for (const stream of [stdin, stdout]) stream.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (error: RunbookError) => {
      stdout.destroy(error);
      if (stopped) resolve();
      else reject(error);
    };
    const lost = () => fail(failure(said, 'the connection to the pod was lost'));
    const end = (status: V1Status) => {
      const exit = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
      if (status.status === 'Success' || stopped) resolve();
      else fail(failure(`${said}\n${exit === undefined ? (status.message ?? '') : ''}`, `exit code ${exit ?? 'none'}`));
    };
    const { namespace, pod, container = '' } = server;
    const exec = new Exec(api.kubeConfig) as unknown as { exec(...all: unknown[]): Promise<Socket> };
    exec.exec(namespace, pod, container, command, stdout, stderr, stdin, false, end).then(
      (connected) => {
        socket = connected;
        // After the status this changes nothing.
        socket.onclose = lost;
        holdBack(socket, stdout);
        const pings = setInterval(() => connected.ping(), pingMs);
        const endPings = () => clearInterval(pings);
        ended.then(endPings, endPings);
        if (stopped) socket.terminate();
      },
      (error: unknown) => fail(unreachable(server, error)),
    );
  });
  ended.catch(() => undefined);
  return {
    stdin,
    stdout,
    ended,
    stop() {
      stopped = true;
      // The pod's side of the streams is closed with it, and psql and pg_dump end of that.
      socket?.terminate();
      stdout.destroy();
    },
  };
}

/** The client library hands on all that comes, at once: what nobody has read yet must hold back the rest. */
function holdBack(socket: Socket, stdout: PassThrough): void {
  const write = stdout.write.bind(stdout) as (chunk: unknown) => boolean;
  stdout.write = (chunk: unknown) => {
    const goOn = write(chunk);
    if (!goOn) socket.pause();
    return goOn;
  };
  stdout.on('drain', () => socket.resume());
}

function unreachable({ namespace, pod }: ServerPod, error: unknown): RunbookError {
  const said = (error as { message?: unknown }).message;
  const found = typeof said === 'string' && said !== '' ? said : 'no connection';
  // As ws says what was answered instead of a socket.
  const status = /server response: (\d{3})/.exec(found)?.[1] ?? '';
  const codes: Record<string, ErrorCode> = { '401': 'Forbidden', '403': 'Forbidden', '404': 'NotFound' };
  return new RunbookError(
    codes[status] ?? 'ClusterUnreachable',
    `pod ${namespace}/${pod}: expected to run a program in it, found ${found}; check the pod, and the right to create pods/exec`,
  );
}
