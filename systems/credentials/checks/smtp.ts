import { createTransport } from 'nodemailer';
import type { CheckSpec } from '../../../runbooks/credential-requests.js';
import type { Check } from './check.js';

type SmtpSpec = Extract<CheckSpec, { kind: 'smtp' }>;

const timeoutMs = 10_000;
/** "Authentication credentials invalid": https://www.rfc-editor.org/rfc/rfc4954#section-6 */
const credentialsInvalid = 535;

/** A login at a mail server; no mail is sent. */
export function smtpCheck(spec: SmtpSpec): Check {
  const { host, port, tls } = spec;
  return {
    where: `mail server ${host}:${port}`,
    async try({ user, password }) {
      const transport = createTransport({
        ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
        auth: { user: spec.user ?? user, pass: password },
        // Without it a server that offers no login at all would be taken for one that has let us in.
        forceAuth: true,
        ...{
          connectionTimeout: timeoutMs,
          greetingTimeout: timeoutMs,
          socketTimeout: timeoutMs,
          dnsTimeout: timeoutMs,
        },
      });
      try {
        await transport.verify();
        return 'works';
      } catch (error) {
        const { code, responseCode } = error as { code?: string; responseCode?: number };
        return code === 'EAUTH' && responseCode === credentialsInvalid ? 'refused' : 'unknown';
      } finally {
        transport.close();
      }
    },
    // A login that fails is counted: servers shut out whoever guesses.
    rehearse: () => Promise.resolve(),
  };
}
