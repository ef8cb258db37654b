import { readFile, stat } from 'node:fs/promises';
import { loadConfig } from '../../core/config.js';
import { RunbookError } from '../../core/errors.js';
import { findFreePort } from '../../core/free-port.js';
import { createLog } from '../../core/log.js';
import { parseSigningKey } from '../../core/statement.js';
import { readAccessFile } from '../../runbooks/access-file.js';
import { readChannelsFile } from '../../runbooks/channels-file.js';
import type { Session } from '../connection.js';
import { Followers } from './followers.js';
import { buildApi } from './server.js';

export interface StartOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** The folder with the runbooks that may be started from here. */
  runbooks: string;
  /** The address by which people reach it; absent: the one that it listens at. */
  url?: string | undefined;
  requestsPerMinute: number;
}

/** An API that listens. */
export interface RunningApi {
  address: string;
  close(): Promise<void>;
}

/**
 * Starts the HTTP API.
 * @throws RunbookError InvalidSettings for what it cannot be without: an access file, a key to sign by, a folder of runbooks.
 */
export async function startApi(
  session: Session,
  environment: NodeJS.ProcessEnv,
  options: StartOptions,
): Promise<RunningApi> {
  const { host, runbooks, requestsPerMinute } = options;
  // Its own address stands in what it answers, so it is known before it listens.
  const port = options.port === 0 ? await findFreePort(host) : options.port;
  const address = `http://${host}:${port}`;
  const { access, voteKey, logLevel, channels: channelsFile } = loadConfig(environment);
  const readAccess = readAccessFile(
    demandSetting('RUNBOOK_ACCESS', access, 'an access file: who is who, and who may do what'),
  );
  const keyFile = demandSetting('RUNBOOK_VOTE_KEY', voteKey, 'the file of a key that "runbook auth keys" made');
  const signingKey = await parseSigningKey(await readKey(keyFile), 'RUNBOOK_VOTE_KEY');
  const { voteKeys } = await readAccess();
  if (!voteKeys.some(({ kid }) => kid === signingKey.kid))
    throw new RunbookError(
      'InvalidSettings',
      `access file: expected voteKeys with "${signingKey.kid}", by which this API signs, found none`,
    );
  if (!(await stat(runbooks).catch(() => undefined))?.isDirectory())
    throw new RunbookError('InvalidSettings', `--runbooks: expected a folder, found no ${runbooks}`);
  const channels = channelsFile === undefined ? undefined : await readChannelsFile(channelsFile);
  const followers = new Followers(session);
  const parts = {
    ...(channels && { channels }),
    session,
    readAccess,
    signingKey,
    runbooks,
    followers,
    url: options.url ?? address,
  };
  const api = await buildApi({ ...parts, logger: createLog({ logLevel }), requestsPerMinute });
  await api.listen({ host, port });
  return {
    address,
    async close() {
      followers.close();
      await api.close();
    },
  };
}

function demandSetting(name: string, value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new RunbookError('InvalidSettings', `${name}: expected the path of ${what}, found nothing; see docs/api.md`);
}

async function readKey(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile())
    throw new RunbookError('InvalidSettings', `RUNBOOK_VOTE_KEY: expected a file, found no ${file}`);
  // Whoever reads it votes in everybody's name.
  if ((found.mode & 0o077) !== 0)
    throw new RunbookError(
      'InvalidSettings',
      `RUNBOOK_VOTE_KEY: expected a file that only its owner reads, found others may; chmod 600 ${file}`,
    );
  return readFile(file, 'utf8');
}
