import { readFileSync } from 'node:fs';
import { readProcessStat } from '../stack/process-identity.js';

/** What a process has used, as the kernel counts it. */
export interface ProcessUsage {
  residentMebibytes: number;
  peakMebibytes: number;
  cpuSeconds: number;
}

// The unit in which Linux reports CPU times to programs, on every architecture that Node runs on.
const ticksPerSecond = 100;

function mebibytesOf(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

/** Reads the usage of a process that runs. */
export function readUsage(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [user = 0, system = 0] = (readProcessStat(pid) ?? []).slice(11, 13).map(Number);
  return {
    residentMebibytes: mebibytesOf(status, 'VmRSS'),
    peakMebibytes: mebibytesOf(status, 'VmHWM'),
    cpuSeconds: (user + system) / ticksPerSecond,
  };
}
