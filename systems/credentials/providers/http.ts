import { RunbookError } from '../../../core/errors.js';
import type { ProviderSpec } from '../../../runbooks/credential-providers.js';
import type { Check } from '../checks/check.js';
import type { CredentialProvider, Trace } from '../provider.js';
import { demand, findAt, hostOf, type RequestTemplate, type RequestValues } from '../requests.js';
import { newPassword, type SecretValue } from '../secret-value.js';

type HttpSpec = Extract<ProviderSpec, { kind: 'http' }>;

/** What a revocation may answer of what is gone already. */
const gone = [404, 410];

/** A service whose requests the runbook describes: it makes keys itself, or takes a password of ours. */
export function httpProvider(spec: HttpSpec, check: Check, admin = ''): CredentialProvider {
  const { noun, user = '' } = spec;
  const common = {
    where: spec.create ? hostOf(spec.create) : check.where,
    noun,
    try: (value: SecretValue) => check.try(value),
    async probe(value: SecretValue) {
      if ((await check.try(value)) === 'works') return `${check.where} takes it`;
      throw new RunbookError('Refused', `${check.where}: expected it to take the new ${noun}, found that it does not`);
    },
    isRetired: () => Promise.resolve(undefined),
  };
  return spec.set
    ? { ...common, ...takesOurs({ set: spec.set, user, noun }, check, admin) }
    : { ...common, ...makesKeys(spec, check, admin) };
}

function takesOurs(
  { set, user, noun }: { set: RequestTemplate; user: string; noun: string },
  check: Check,
  admin: string,
) {
  return {
    succession: 'inPlace' as const,
    users: [user],
    rehearse: () => check.rehearse(user),
    make: () => Promise.resolve({ user, password: newPassword() }),
    async set({ password }: SecretValue) {
      const basic = Buffer.from(`${user}:${password}`).toString('base64');
      await demand(set, { admin, user, password, basic });
      return new Date().toISOString();
    },
    retire: () =>
      Promise.reject(new RunbookError('Refused', `${noun} of ${user}: it ends when a new one is set, and only then`)),
  };
}

function makesKeys(spec: HttpSpec, check: Check, admin: string) {
  const { create, revoke, list, noun } = spec;
  if (!create || !revoke) throw new RunbookError('InvalidRunbook', 'provider: expected create and revoke, or set');
  const end = (values: RequestValues) => demand(revoke, { admin, ...values }, { alsoGood: gone });
  const listed = async (run: string) => (list ? readList(list, { admin, run }) : []);
  return {
    succession: 'beside' as const,
    users: [],
    async rehearse({ old }: { old: string }) {
      if (old === '' && JSON.stringify(revoke).includes('{user}'))
        throw new RunbookError(
          'Refused',
          `${hostOf(revoke)}: expected the name of the old ${noun} in the store, by which it is revoked, found none; put it there`,
        );
      await check.rehearse(old);
      await listed('rehearsal');
    },
    async takeBack({ run, known }: Trace) {
      for (const { user, name } of await listed(run))
        if (name.includes(run) && !known.includes(user)) await end({ user });
    },
    async make({ run }: { run: string }): Promise<SecretValue> {
      const { body } = await demand(create, { admin, run }, { quoted: false });
      return { user: textAt(body, create.user, create), password: textAt(body, create.password, create) };
    },
    set: () => Promise.resolve(new Date().toISOString()),
    async retire(old: SecretValue | { user: string }) {
      const { password } = old as Partial<SecretValue>;
      await end({ user: old.user, ...(password !== undefined && { password }) });
    },
  };
}

async function readList(list: NonNullable<HttpSpec['list']>, values: RequestValues) {
  const { body } = await demand(list, values);
  const items = list.items === undefined ? body : findAt(body, list.items);
  if (!Array.isArray(items)) throw withoutPart(list, `a list${list.items === undefined ? '' : ` at ${list.items}`}`);
  return items.map((item) => ({ user: textAt(item, list.user, list), name: textAt(item, list.name, list) }));
}

/** Never quotes the answer: it may hold what was made. */
function textAt(body: unknown, path: string, request: RequestTemplate): string {
  const found = findAt(body, path);
  if (typeof found === 'number') return String(found);
  if (typeof found === 'string' && found !== '') return found;
  throw withoutPart(request, `a text at ${path}`);
}

function withoutPart({ method, url }: RequestTemplate, what: string): RunbookError {
  return new RunbookError('ReadBackFailed', `${method} ${url}: expected ${what} in the answer, found none`);
}
