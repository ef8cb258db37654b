import type { Trial } from '../../../core/credential.js';
import { RunbookError } from '../../../core/errors.js';
import type { CheckSpec } from '../../../runbooks/credential-requests.js';
import { findAt, hostOf, send, type Answer } from '../requests.js';
import { newPassword, type SecretValue } from '../secret-value.js';
import type { Check } from './check.js';

type HttpSpec = Extract<CheckSpec, { kind: 'http' }>;

/** A request that goes well with one that works, and is refused with one that does not. */
export function httpCheck(spec: HttpSpec): Check {
  const where = hostOf(spec);
  const attempt = async ({ user, password }: SecretValue): Promise<Trial> => {
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    try {
      return judge(spec, await send(spec, { user, password, basic }));
    } catch {
      return 'unknown';
    }
  };
  return {
    where,
    try: attempt,
    async rehearse(user) {
      if ((await attempt({ user, password: newPassword() })) !== 'works') return;
      throw new RunbookError(
        'Refused',
        `check ${spec.method} ${spec.url}: expected it to refuse what nobody has made, found that it works; with such a check nothing is proven`,
      );
    },
  };
}

function judge({ works, refused, error }: HttpSpec, { status, body }: Answer): Trial {
  if (refused.includes(status)) return 'refused';
  if (!works.includes(status)) return 'unknown';
  if (error === undefined) return 'works';
  if (body === undefined) return 'unknown';
  const found = findAt(body, error.at);
  if (found === undefined) return 'works';
  return error.refused.some((each) => each === found) ? 'refused' : 'unknown';
}
