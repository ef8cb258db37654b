import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

/** A mail as a person reads it. */
export interface ReceivedMail {
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
}

/** https://www.rfc-editor.org/rfc/rfc2045#section-6.7, and with "_" for a space https://www.rfc-editor.org/rfc/rfc2047#section-4.2 */
function decodeQuoted(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function decodeWords(header: string): string {
  return header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      how.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('utf8')
        : decodeQuoted(word.replaceAll('_', ' ')),
    );
}

function readMail(raw: string): ReceivedMail {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const lines = head.replace(/\r\n\s+/g, ' ').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      decodeWords(line.slice(line.indexOf(':') + 2)),
    ]),
  );
  const body = rest.join('\r\n\r\n');
  const encoding = headers['content-transfer-encoding'];
  const text =
    encoding === 'base64'
      ? Buffer.from(body, 'base64').toString('utf8')
      : encoding === 'quoted-printable'
        ? decodeQuoted(body)
        : body;
  return { headers, text };
}

/** A mail server with one account, and the password that people set there. */
export interface MailServer {
  port: number;
  user: string;
  password: string;
  mails: ReceivedMail[];
  /** What it answers to the next mails instead of taking them, one each. */
  refusals: number[];
  close(): Promise<void>;
}

/** Starts it on a free port, without TLS. */
export async function startMailServer(user: string, password: string): Promise<MailServer> {
  const server = new SMTPServer({
    ...{ hideSTARTTLS: true, allowInsecureAuth: true },
    onAuth: (login, _session, done) => {
      if (login.username === mail.user && login.password === mail.password) done(null, { user });
      else done(Object.assign(new Error(`Authentication failed for ${login.password}`), { responseCode: 535 }));
    },
    onData: (stream, _session, done) => {
      void text(stream).then((content) => {
        const responseCode = mail.refusals.shift();
        if (responseCode === undefined) mail.mails.push(readMail(content));
        done(responseCode === undefined ? null : Object.assign(new Error('not now'), { responseCode }));
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mail: MailServer = {
    ...{ port: (server.server.address() as AddressInfo).port, user, password },
    ...{ mails: [], refusals: [] },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mail;
}
