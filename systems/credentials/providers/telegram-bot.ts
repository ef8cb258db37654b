import type { Trial } from '../../../core/credential.js';
import { RunbookError } from '../../../core/errors.js';
import type { ProviderSpec } from '../../../runbooks/credential-providers.js';
import type { CredentialProvider } from '../provider.js';
import { demand, findAt, send } from '../requests.js';
import type { SecretValue } from '../secret-value.js';

type BotSpec = Extract<ProviderSpec, { kind: 'telegramBot' }>;

/**
 * The token of a bot that another bot manages. Telegram keeps one: a new one ends the old one at once, and can be read again.
 * @see https://core.telegram.org/bots/api#replacemanagedbottoken
 */
export function telegramBot({ address, bot }: BotSpec, manager: string): CredentialProvider {
  const where = `Telegram bot ${bot}`;
  const noun = 'token';
  const asManager = async (method: 'getMe' | 'getManagedBotToken' | 'replaceManagedBotToken'): Promise<unknown> => {
    const json = method === 'getMe' ? {} : { user_id: bot };
    const { body } = await demand({ method: 'POST', url: `${address}/bot{manager}/${method}`, json }, { manager });
    return findAt(body, 'result');
  };
  const tokenFrom = async (method: 'getManagedBotToken' | 'replaceManagedBotToken'): Promise<SecretValue> => {
    const found = await asManager(method);
    if (typeof found === 'string' && found.startsWith(`${bot}:`)) return { user: String(bot), password: found };
    throw new RunbookError(
      'ReadBackFailed',
      `${where}: expected ${method} to answer a token of it, found something else`,
    );
  };
  const getMe = (token: string) => send({ method: 'POST', url: `${address}/bot{token}/getMe`, json: {} }, { token });
  return {
    where,
    noun,
    succession: 'atOnce',
    users: [String(bot)],
    // Of anything else nothing is told: it is a secret as well.
    identify: (value) => ({ ...value, user: /^\d+(?=:)/.exec(value.password)?.[0] ?? '' }),
    async try({ password }): Promise<Trial> {
      const status = await getMe(password).then(
        (answer) => answer.status,
        () => 0,
      );
      return status === 200 ? 'works' : status === 401 ? 'refused' : 'unknown';
    },
    async rehearse() {
      const me = await asManager('getMe');
      if (findAt(me, 'can_manage_bots') !== true)
        throw new RunbookError(
          'Forbidden',
          `${where}: expected provider.manager to be a bot that may manage others, found one that may not; switch on Bot Management Mode in @BotFather`,
        );
      await tokenFrom('getManagedBotToken');
    },
    async make({ current }) {
      // Another one than the store's was made by a run that died, or whose answer was lost: it is as new.
      const found = await tokenFrom('getManagedBotToken');
      return current !== undefined && found.password !== current.password ? found : tokenFrom('replaceManagedBotToken');
    },
    set: () => Promise.resolve(new Date().toISOString()),
    async probe({ password }) {
      const { status, body } = await getMe(password);
      if (status === 200 && findAt(body, 'result.id') === bot)
        return `answers as @${String(findAt(body, 'result.username'))}`;
      throw new RunbookError('Refused', `${where}: expected it to answer, found HTTP ${status}`);
    },
    retire: () =>
      Promise.reject(new RunbookError('Refused', `${where}: a new token ends the old one, and nothing else does`)),
    isRetired: () => Promise.resolve(undefined),
  };
}
