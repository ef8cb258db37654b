import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { identifyProcess, identifySelf, isAlive, pidOf } from '../../stack/process-identity.js';

test('a running process is known by its pid and its start time', () => {
  const identity = identifySelf();

  expect(pidOf(identity)).toBe(process.pid);
  expect(isAlive(identity)).toBe(true);
});

test('another process that got the same pid is not taken for the one that was written down', () => {
  const [pid = '', startTime = ''] = identifySelf().split(' ');

  expect(isAlive(`${pid} ${Number(startTime) + 1}`)).toBe(false);
});

test('no identity is no living process', () => {
  expect(isAlive('')).toBe(false);
});

test('a process that ended is dead, also as a zombie that nobody has reaped', async () => {
  // The shell replaces itself with a sleep that never waits for the child it inherits.
  const shell = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 5'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const identity = identifyProcess(pid) ?? '';

  await sleep(500);
  const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.charAt(0);
  const alive = isAlive(identity);
  shell.kill('SIGKILL');

  expect(identity).not.toBe('');
  expect(state).toBe('Z');
  expect(alive).toBe(false);
});
