import http from 'node:http';
import https from 'node:https';
import { messageOf } from '../core/errors.js';

/** What one request showed; `error` when there was no answer. */
export interface HttpAnswer {
  status?: number;
  body: string;
  seconds: number;
  error?: string;
}

/** Most of a body that is kept where nothing else is asked for. */
const fewBytes = 64 * 1024;

/** One GET. Node's fetch does not send a Host header of one's own, which checks through a gateway need. */
export async function getUrl(
  url: string,
  options: { headers: Record<string, string>; timeoutSeconds: number; mostBytes?: number },
): Promise<HttpAnswer> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const transport = url.startsWith('https:') ? https : http;
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(options.timeoutSeconds * 1000);
    const request = transport.get(url, { headers: options.headers, signal, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body = (body + chunk).slice(0, options.mostBytes ?? fewBytes)));
      response.on('error', (error) => resolve({ body, seconds: seconds(), error: messageOf(error) }));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, seconds: seconds() }));
    });
    request.on('error', (error) => {
      const late = error.name === 'AbortError' || error.name === 'TimeoutError';
      resolve({
        body: '',
        seconds: seconds(),
        error: late ? `no answer within ${options.timeoutSeconds} s` : error.message,
      });
    });
  });
}
