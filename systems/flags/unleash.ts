import { z } from 'zod';
import { RunbookError } from '../../core/errors.js';
import { askFlagServer } from './request.js';

/** One flag in one environment of an Unleash server. */
export interface UnleashFlag {
  /** Address of the server, without /api. */
  url: string;
  flag: string;
  project: string;
  environment: string;
  token: string;
}

const FeatureEnvironment = z.object({ enabled: z.boolean() });

function requestOf({ url, flag, project, environment, token }: UnleashFlag) {
  const path = [project, 'features', flag, 'environments', environment].map(encodeURIComponent).join('/');
  return {
    what: `unleash flag ${flag} of project ${project} in ${environment}`,
    url: `${url.replace(/\/$/, '')}/api/admin/projects/${path}`,
    // Unleash takes the bare token: https://docs.getunleash.io/api/toggle-feature-environment-off
    headers: { authorization: token },
  };
}

/**
 * Switches the flag off; off already is fine. `timeoutMs` bounds the request.
 * https://docs.getunleash.io/api/toggle-feature-environment-off
 * @throws RunbookError Forbidden (also where changes of the environment need a change request), NotFound, SystemUnreachable.
 */
export async function switchUnleashOff(flag: UnleashFlag, timeoutMs: number): Promise<void> {
  const { url, ...request } = requestOf(flag);
  await askFlagServer({ ...request, url: `${url}/off`, method: 'POST', timeoutMs });
}

/**
 * Reads back whether the flag is on in its environment.
 * https://docs.getunleash.io/api/get-feature-environment
 * @throws RunbookError Forbidden, NotFound, ReadBackFailed, SystemUnreachable.
 */
export async function readUnleash(flag: UnleashFlag, timeoutMs: number): Promise<boolean> {
  const request = requestOf(flag);
  const parsed = FeatureEnvironment.safeParse(await askFlagServer({ ...request, method: 'GET', timeoutMs }));
  if (parsed.success) return parsed.data.enabled;
  throw new RunbookError('ReadBackFailed', `${request.what}: expected "enabled", found an answer without it`);
}
