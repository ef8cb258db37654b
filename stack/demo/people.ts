import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashToken, makeToken } from '../../client/api/authentication/static-token.js';
import { makeSigningKey } from '../../core/statement.js';

const names = ['alice', 'bob'] as const;
export type Person = (typeof names)[number];

/** Who may do what in the demo, and by which tokens: no identity provider is at hand. */
export interface People {
  /** What the worker, and what the API reads of them. */
  worker: { RUNBOOK_ACCESS: string };
  api: { RUNBOOK_ACCESS: string; RUNBOOK_VOTE_KEY: string };
  tokens: Record<Person, string>;
  tokenFiles: Record<Person, string>;
}

/** Writes the access file, the key that votes are signed by, and a token for each. */
export async function admitPeople(directory: string): Promise<People> {
  const folder = join(directory, 'people');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const tokens = { alice: makeToken(), bob: makeToken() };
  const { privateKey, publicKey } = await makeSigningKey();
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const access = {
    kind: 'access',
    tokens: names.map((name) => ({ name, person: name, sha256: hashToken(tokens[name]), expires: tomorrow })),
    people: names.map((name) => ({ name })),
    roles: { team: { people: names } },
    rules: [{ roles: ['team'], verbs: ['read', 'plan', 'run', 'approve', 'decide', 'abort', 'schedule'] }],
    voteKeys: [publicKey],
  };
  const accessFile = await write('access.yaml', JSON.stringify(access));
  const keyFile = await write('vote-key.json', JSON.stringify(privateKey));
  return {
    worker: { RUNBOOK_ACCESS: accessFile },
    api: { RUNBOOK_ACCESS: accessFile, RUNBOOK_VOTE_KEY: keyFile },
    tokens,
    tokenFiles: {
      alice: await write('token-of-alice', `${tokens.alice}\n`),
      bob: await write('token-of-bob', `${tokens.bob}\n`),
    },
  };
}
