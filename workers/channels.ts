import type { ChannelSpec } from '../runbooks/channel-kinds.js';
import type { Channels } from '../runbooks/channels.js';
import { readChannelsFile } from '../runbooks/channels-file.js';
import { readButtonKey } from '../systems/channels/button-key.js';
import { findTokenDirectory, findTokenFile } from '../systems/token-file.js';

function tokenFilesOf(spec: ChannelSpec): string[] {
  const { token, password, key, secret } = spec as Partial<Record<'token' | 'password' | 'key' | 'secret', string>>;
  return [token, password, key, secret].filter((file) => file !== undefined);
}

/**
 * Reads where people are told; what could only fail when there is something to tell fails at the start.
 * @throws RunbookError InvalidSettings, InvalidRunbook with every problem of the file.
 */
export async function readChannels(file: string): Promise<Channels> {
  const channels = await readChannelsFile(file);
  const tokens = findTokenDirectory();
  for (const each of Object.values(channels.channels).flatMap(tokenFilesOf)) await findTokenFile(tokens, each);
  if (channels.buttons !== undefined) await readButtonKey(tokens, channels.buttons);
  return channels;
}
