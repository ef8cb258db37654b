import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail server with one account, and the password that people set there. */
export interface MailServer {
  port: number;
  user: string;
  password: string;
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
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mail: MailServer = {
    ...{ port: (server.server.address() as AddressInfo).port, user, password },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mail;
}
