import { existsSync, readFileSync } from 'node:fs';

const bootFile = '/proc/sys/kernel/random/boot_id';

/** Names the machine's present run: pids and start times written down before a reboot mean nothing after it. */
export function identifyBoot(): string {
  return existsSync(bootFile) ? readFileSync(bootFile, 'utf8').trim() : 'unknown';
}
