import type { ProviderSpec } from '../../runbooks/credential-providers.js';
import type { CredentialProvider } from './provider.js';
import { connectPostgres } from './providers/postgres/provider.js';
import { readToken } from '../token-file.js';
import type { Access } from './access.js';

/** @throws RunbookError InvalidSettings without the tokens that the runbook names. */
export async function openProvider(provider: ProviderSpec, { tokens }: Access): Promise<CredentialProvider> {
  switch (provider.kind) {
    case 'postgres':
      return connectPostgres({ ...provider, admin: await readToken(tokens, provider.admin) });
  }
}
