import { createTransport } from 'nodemailer';
import { messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';
import { redact, redactValues } from '../../core/redact.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { readToken } from '../token-file.js';
import type { Channel, Message } from './channel.js';
import { fit, plainLines } from './text.js';

type MailSpec = Extract<ChannelSpec, { kind: 'mail' }>;

const timeoutMs = 10_000;
const longestText = 20_000;
const longestSubject = 200;

function codeOf({ code, responseCode = 0 }: { code?: string; responseCode?: number }): ErrorCode {
  if (code === 'EAUTH') return 'Forbidden';
  return responseCode >= 500 ? 'Refused' : 'SystemUnreachable';
}

/**
 * Plain text by a mail server. A mail cannot be changed: what has become of it is another one in the same conversation. One whose answer
 * was lost is sent again with the same Message-ID, by which many mailboxes keep one.
 */
export function mailChannel(spec: MailSpec, tokens: string): Channel {
  const { host, port, tls, user, from, to } = spec;
  const where = `mail server ${host}:${port}`;
  const idOf = (id: string) => `<${id.replace(/[^\w.-]/g, '.')}@${from.split('@')[1] ?? 'localhost'}>`;
  const deliver = async (message: Message, messageId: string, before?: string): Promise<void> => {
    const password = spec.password === undefined ? undefined : await readToken(tokens, spec.password);
    const transport = createTransport({
      ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
      ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
      ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, dnsTimeout: timeoutMs },
      // Nothing that stands in a message makes it read a file or an address.
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    try {
      await transport.sendMail({
        ...{ from, to, messageId, subject: fit(message.title, longestSubject) },
        text: `${plainLines(message, longestText).join('\n')}\n`,
        ...(before !== undefined && { inReplyTo: before, references: [before] }),
      });
    } catch (error) {
      const said = redact(redactValues(messageOf(error), password === undefined ? [] : [password])).slice(0, 300);
      throw new RunbookError(codeOf(error as object), `${where}: expected it to take a message, found ${said}`);
    } finally {
      transport.close();
    }
  };
  return {
    async send(message, before) {
      const messageId = idOf(message.id);
      await deliver(message, messageId, before);
      return messageId;
    },
    close: (handle, message) => deliver(message, idOf(message.id), handle),
  };
}
