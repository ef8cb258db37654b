import { stat } from 'node:fs/promises';
import { readAccessFile } from '../../../runbooks/access-file.js';
import { readChannelsFile } from '../../../runbooks/channels-file.js';
import { check, type Finding } from './findings.js';

/** Who may do what, and who is told: only where a file of it is named. */
export function examinePeople(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { RUNBOOK_ACCESS: access, RUNBOOK_CHANNELS: channels, RUNBOOK_VOTE_KEY: voteKey } = environment;
  return Promise.all([
    ...(access ? [examineAccess(access)] : []),
    ...(voteKey ? [examineVoteKey(voteKey)] : []),
    ...(channels ? [examineChannels(channels)] : []),
  ]);
}

function examineAccess(file: string): Promise<Finding> {
  return check('access file', `see docs/api.md, and "runbook validate ${file}"`, async () => {
    const { people, rules, voteKeys } = await readAccessFile(file)();
    if (voteKeys.length === 0) throw new Error(`${file} has no voteKeys: no vote counts as signed`);
    return `${people.length} people, ${rules.length} rules, ${voteKeys.length} vote keys`;
  });
}

/** It signs whatever the API says that somebody said: nobody else may read it. */
function examineVoteKey(file: string): Promise<Finding> {
  return check('vote key', `chmod 600 ${file}, and only where the API runs`, async () => {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw new Error(`${file}: others than its owner may read it`);
    return file;
  });
}

function examineChannels(file: string): Promise<Finding> {
  return check('channels', `see docs/channels.md, and "runbook validate ${file}"`, async () => {
    const { channels, routes } = await readChannelsFile(file);
    return `${Object.keys(channels).join(', ')}; ${routes.length} routes`;
  });
}
