import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { RunRecord } from '../../core/record.js';
import { resources } from '../../systems/kubernetes/api.js';
import type { Pod, Service } from '../../systems/kubernetes/objects.js';
import { eventually } from './settings.js';
import type { World } from './world.js';

/** Whose pods the users' Service finds: "web" those of the Deployment itself, "web-canary" the next version's. */
export async function found({ api, namespace }: World): Promise<string | undefined> {
  const { spec } = await api.read<Service>(resources.services, namespace, 'web');
  return spec.selector?.['app'];
}

/** Does something, and answers what the Service found meanwhile, each change of it. */
export async function seeingSwitches(
  world: World,
  act: () => Promise<RunRecord>,
): Promise<{ record: RunRecord; switches: string[] }> {
  const switches: string[] = [];
  const state = { ended: false };
  const look = async () => {
    const now = (await found(world)) ?? 'nothing';
    if (switches.at(-1) !== now) switches.push(now);
    return state.ended;
  };
  const record = act().finally(() => Object.assign(state, { ended: true }));
  await eventually('the end', 200, look).catch(() => undefined);
  return { record: await record, switches };
}

/** A user whose router follows six seconds late: what the second Deployment's pods answer it after the switch back. */
export async function statusesOfLateUser(world: World): Promise<(number | string)[]> {
  const { api, namespace } = world;
  await eventually('all users with the second Deployment', 120, async () => (await found(world)) === 'web-canary');
  const pods = await api.list<Pod>(resources.pods, namespace, { app: 'web-canary' });
  await eventually('all users with the Deployment', 120, async () => (await found(world)) === 'web');
  const end = Date.now() + 6000;
  const statuses: (number | string)[] = [];
  while (Date.now() < end) {
    for (const { status } of pods) statuses.push(await statusOf(`http://${status?.podIP}:8080/`));
    await sleep(200);
  }
  return statuses;
}

const statusOf = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    ({ status }) => status,
    (error: unknown) => messageOf(error),
  );

/** Whether a run keeps the old version up. */
export const isKept = ({ steps }: RunRecord): boolean => steps.at(-1)?.name.startsWith('keep') === true;
