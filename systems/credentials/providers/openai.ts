import type { Trial } from '../../../core/credential.js';
import { RunbookError } from '../../../core/errors.js';
import type { ProviderSpec } from '../../../runbooks/credential-providers.js';
import type { CredentialProvider } from '../provider.js';
import { demand, findAt, send, type RequestTemplate, type RequestValues } from '../requests.js';

type OpenAiSpec = Extract<ProviderSpec, { kind: 'openai' }>;

const pageSize = 100;
const mostPages = 100;

interface ProjectKey {
  id: string;
  name: string;
  /** Seconds since 1970. */
  last_used_at?: number | null;
  owner?: { service_account?: { id?: string } };
}

/**
 * API keys of a service account. Each carries the run in its name, and ends by itself in the end.
 * @see https://developers.openai.com/api/reference/resources/admin/subresources/organization/subresources/projects/subresources/service_accounts
 */
export function openAiKeys(spec: OpenAiSpec, admin: string): CredentialProvider {
  const { address, project, serviceAccount, lifetime } = spec;
  const where = `service account ${serviceAccount} of OpenAI project ${project}`;
  const request = (method: RequestTemplate['method'], path: string, json?: Record<string, unknown>) => ({
    method,
    url: `${address}/organization/projects/${project}/${path}`,
    headers: { authorization: 'Bearer {admin}' },
    json,
  });
  const values: RequestValues = { admin };
  const end = (key: string) =>
    demand(request('DELETE', `api_keys/${encodeURIComponent(key)}`), values, { alsoGood: [404] });
  const find = async (key: string): Promise<ProjectKey | undefined> => {
    const { status, body } = await demand(request('GET', `api_keys/${encodeURIComponent(key)}`), values, {
      alsoGood: [404],
    });
    return status === 404 ? undefined : (body as ProjectKey);
  };
  const models = { method: 'GET' as const, url: `${address}/models`, headers: { authorization: 'Bearer {password}' } };
  const attempt = async (password: string): Promise<Trial> => {
    const status = await send(models, { password }).then(
      (answer) => answer.status,
      () => 0,
    );
    return status === 200 ? 'works' : status === 401 ? 'refused' : 'unknown';
  };
  return {
    where,
    noun: 'API key',
    succession: 'beside',
    users: [],
    try: ({ password }) => attempt(password),
    async rehearse({ old }) {
      if (old === '')
        throw new RunbookError(
          'Refused',
          `${where}: expected the id of the old key in the store, by which it is deleted, found none; put it there, as "key_…"`,
        );
      await demand(request('GET', `service_accounts/${serviceAccount}`), values);
    },
    async takeBack({ run, known }) {
      for (const { id, name, owner } of await listKeys((query) => request('GET', `api_keys?${query}`), values))
        if (owner?.service_account?.id === serviceAccount && name.includes(run) && !known.includes(id)) await end(id);
    },
    async make({ run }) {
      const path = `service_accounts/${serviceAccount}/api_keys`;
      const sent = { name: `runbook-${run}`, expires_in_seconds: lifetime };
      const { body } = await demand(request('POST', path, sent), values);
      const [user, password] = [findAt(body, 'id'), findAt(body, 'value')];
      if (typeof user === 'string' && typeof password === 'string') return { user, password };
      throw new RunbookError('ReadBackFailed', `${where}: expected a new key in the answer, found none`);
    },
    set: () => Promise.resolve(new Date().toISOString()),
    async probe({ user, password }) {
      if ((await attempt(password)) === 'works') return `${user} may list models`;
      throw new RunbookError('Refused', `${where}: expected ${user} to work, found that it does not`);
    },
    async findLastUse(user) {
      const seconds = (await find(user))?.last_used_at;
      return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : undefined;
    },
    async retire({ user }) {
      await end(user);
    },
    isRetired: async (user) => (user === '' ? undefined : (await find(user)) === undefined),
  };
}

/** All keys of a project, also those whose owner has left it. @throws RunbookError Refused where there is no end of them. */
async function listKeys(page: (query: string) => RequestTemplate, values: RequestValues): Promise<ProjectKey[]> {
  const found: ProjectKey[] = [];
  for (let number = 0; number < mostPages; number++) {
    const last = found.at(-1)?.id;
    const query = new URLSearchParams({
      ...{ limit: String(pageSize), owner_project_access: 'any' },
      ...(last !== undefined && { after: last }),
    });
    const { body } = await demand(page(query.toString()), values);
    const { data = [], has_more: more = false } = (body ?? {}) as { data?: ProjectKey[]; has_more?: boolean };
    found.push(...data);
    if (!more || data.length === 0) return found;
  }
  throw new RunbookError('Refused', `OpenAI: expected ${mostPages * pageSize} keys at most in a project, found more`);
}
