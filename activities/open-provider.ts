import type { ProviderSpec } from '../runbooks/credential-providers.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import { connectPostgres } from '../systems/credentials/providers/postgres/provider.js';
import { readToken } from '../systems/token-file.js';
import type { RotationParts } from './rotation-parts.js';

/** @throws RunbookError InvalidSettings without the tokens that the runbook names. */
export async function openProvider(provider: ProviderSpec, { tokens }: RotationParts): Promise<CredentialProvider> {
  switch (provider.kind) {
    case 'postgres':
      return connectPostgres({ ...provider, admin: await readToken(tokens, provider.admin) });
  }
}
