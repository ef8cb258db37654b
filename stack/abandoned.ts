import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { identifyBoot } from './boot.js';
import { isStackName, layoutOf, type StackLayout, stacksDirectory } from './layout.js';
import { withLock } from './lock.js';
import { isAlive, readIdentity } from './process-identity.js';
import type { Say } from './progress.js';
import { takeDown } from './take-down.js';

/** Takes down what a killed guardian of another stack left behind; a guardian that ended by itself has left nothing. */
export async function cleanAbandonedStacks(say: Say, except: string): Promise<void> {
  if (!existsSync(stacksDirectory())) return;
  const names = readdirSync(stacksDirectory(), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const name of names.map((entry) => entry.name).filter((name) => isStackName(name) && name !== except)) {
    const layout = layoutOf(name);
    if (!isAbandoned(layout)) continue;
    await withLock(layout.lock, 120, async () => {
      if (isAbandoned(layout)) await cleanAbandoned(layout, say);
    });
  }
}

/** Takes down what the killed guardian of this stack left behind. Call it with the stack's lock held. */
export async function cleanAbandoned(layout: StackLayout, say: Say): Promise<void> {
  say(
    `stack ${layout.name}: its guardian (process ${readIdentity(layout.guardian)}) was killed; clearing what it left`,
  );
  if (existsSync(layout.boot) && readFileSync(layout.boot, 'utf8') !== identifyBoot()) {
    await rm(layout.processes, { recursive: true, force: true });
  }
  await takeDown(layout);
  await rm(layout.guardian, { force: true });
}

/** Whether a guardian of this stack was killed before it could clear up. */
export function isAbandoned(layout: StackLayout): boolean {
  const guardian = readIdentity(layout.guardian);
  return guardian !== '' && !isAlive(guardian);
}
