import type { ProviderSpec } from '../../runbooks/credential-providers.js';
import { openCheck } from './checks/check.js';
import type { CredentialProvider } from './provider.js';
import { byHandProvider } from './providers/by-hand.js';
import { httpProvider } from './providers/http.js';
import { openAiKeys } from './providers/openai.js';
import { connectAccessKeys } from './providers/access-key/provider.js';
import { openAuthority } from './providers/certificate/provider.js';
import { connectPostgres } from './providers/postgres/provider.js';
import { connectServiceAccountTokens } from './providers/service-account-token/provider.js';
import { telegramBot } from './providers/telegram-bot.js';
import { readAccessKey } from '../access-key.js';
import { readToken, readTokenText } from '../token-file.js';
import type { Access } from './access.js';

/** @throws RunbookError InvalidSettings without the tokens that the runbook names. */
export async function openProvider(provider: ProviderSpec, { api, tokens }: Access): Promise<CredentialProvider> {
  switch (provider.kind) {
    case 'postgres':
      return connectPostgres({ ...provider, admin: await readToken(tokens, provider.admin) });
    case 'accessKey':
      return connectAccessKeys({ ...provider, admin: await readAccessKey(tokens, provider.admin) });
    case 'serviceAccountToken':
      return connectServiceAccountTokens(api, provider);
    case 'certificate': {
      const { ca, caKey, ...wanted } = provider;
      return openAuthority({
        ...wanted,
        ca: await readTokenText(tokens, ca),
        caKey: await readTokenText(tokens, caKey),
      });
    }
    case 'openai':
      return openAiKeys(provider, await readToken(tokens, provider.admin));
    case 'telegramBot':
      return telegramBot(provider, await readToken(tokens, provider.manager));
    case 'http': {
      const admin = provider.admin === undefined ? undefined : await readToken(tokens, provider.admin);
      return httpProvider(provider, openCheck(provider.check), admin);
    }
    case 'byHand':
      return byHandProvider(provider, openCheck(provider.check));
  }
}
