import { type Agent, type IncomingMessage, request } from 'node:http';
import type { RequestRecord } from './request-record.js';

const timeoutMs = 5000;

/** Sends one GET and says what became of it; it never rejects, because a failed request is a result here. */
export async function sendRequest(url: URL, host: string, agent: Agent): Promise<RequestRecord> {
  const at = Date.now();
  const begin = performance.now();
  const record: RequestRecord = { at, version: 'none', backend: 'none', durationMs: 0, resent: false };
  let outcome = await attempt(url, host, agent);
  // A server may close an idle connection at any moment, and a GET that was sent on it at that very moment
  // was not processed: RFC 9112, section 9.3.1, lets a client send it again, and browsers do. The second time it is
  // sent on a connection of its own, since the pool may hold others that were closed together with the first.
  if (outcome.closedIdle) {
    record.resent = true;
    outcome = await attempt(url, host, false);
  }
  record.durationMs = performance.now() - begin;
  if (outcome.answer) {
    record.version = headerOf(outcome.answer, 'x-version');
    record.backend = headerOf(outcome.answer, 'x-backend');
  }
  // An answer that broke off is no answer, whatever its first line said.
  if (outcome.error !== undefined) record.error = outcome.error;
  else if (outcome.answer?.statusCode !== undefined) record.status = outcome.answer.statusCode;
  return record;
}

interface Outcome {
  answer?: IncomingMessage;
  error?: string;
  closedIdle: boolean;
}

function attempt(url: URL, host: string, agent: Agent | false): Promise<Outcome> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request(url, { agent, headers: { host }, signal });
    const fail = (error: NodeJS.ErrnoException, answer?: IncomingMessage): void => {
      const name = signal.aborted ? 'timeout' : (error.code ?? error.message);
      const closedIdle = sent.reusedSocket && answer === undefined && ['ECONNRESET', 'EPIPE'].includes(name);
      resolve({ error: name, closedIdle, ...(answer && { answer }) });
    };
    sent.on('error', (error) => fail(error));
    sent.on('response', (answer) => {
      answer.on('error', (error) => fail(error, answer));
      answer.on('end', () => resolve({ answer, closedIdle: false }));
      answer.resume();
    });
    sent.end();
  });
}

function headerOf(answer: IncomingMessage, name: string): string {
  const value = answer.headers[name];
  return typeof value === 'string' && value !== '' ? value : 'none';
}
