import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** git's own HTTP server for the repositories of a directory, behind a login: https://git-scm.com/docs/git-http-backend */
export interface GitServer {
  url: string;
  /** The token that may push. */
  token: string;
  /** Answers that are cut off after the work was done: how many are left. */
  losesPushes: number;
  close(): Promise<void>;
}

function serve(server: GitServer, directory: string, request: IncomingMessage, response: ServerResponse): void {
  const [name, password] = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':');
  if (name !== 'x-access-token' || password !== server.token)
    return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      REMOTE_USER: name,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    if (path.endsWith('/git-receive-pack') && request.method === 'POST' && server.losesPushes > 0) {
      server.losesPushes -= 1;
      response.destroy();
      return;
    }
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const headers = all.subarray(0, end).toString().split('\r\n');
    for (const header of headers) {
      const [key = '', value = ''] = header.split(/:\s*(.*)/);
      if (key.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(key, value);
    }
    response.end(all.subarray(end + 4));
  });
}

/** Starts it on a free port of loopback. */
export async function startGitServer(directory: string): Promise<GitServer> {
  const listener = createServer((request, response) => serve(server, directory, request, response));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const server: GitServer = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    token: 'git-token-of-the-tests',
    losesPushes: 0,
    async close() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}
