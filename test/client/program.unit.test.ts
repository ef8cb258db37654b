import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { runProgram } from '../../client/cli/program.js';
import { findFreePort } from '../../core/free-port.js';
import { recordTerminal } from './recorded-terminal.js';

const deploy = fileURLToPath(new URL('../../runbooks/deploy.yaml', import.meta.url));
const filled = ['--set', 'TAG=1', '--set', 'GATEWAY_URL=http://127.0.0.1:1'];

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function runbook(argv: string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const terminal = recordTerminal({ environment: { RUNBOOK_KEYRING: 'off', ...environment } });
  const code = await runProgram(argv, terminal);
  return { code, ...terminal.written };
}

describe('usage', () => {
  test.each([
    [['frob'], "unknown command 'frob'"],
    [['list', '--nope'], "unknown option '--nope'"],
    [['run'], "missing required argument 'file'"],
    [['validate', '--set', 'tag=1', deploy], 'Expected NAME=VALUE'],
    [['watch', 'web', '--timeout', 'soon'], 'Expected a duration'],
    [
      ['schema', 'nothing'],
      'Allowed choices are deploy, canary, blueGreen, train, backup, drill, restore, beat, rotate, credentials, environment, schedule',
    ],
    [['rotate', deploy, deploy], 'expected one runbook, found 2'],
    [['rotate', deploy, '--person', 'anna'], 'expected --reason offboarding with it, found none'],
    [['approve', 'web'], '--plan HASH'],
    [['approve', 'web', '--plan', 'abcdef', '--current'], 'exclude each other'],
  ])('%j ends with 2 and says what is wrong', async (argv, message) => {
    const ended = await runbook(argv);

    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain(message);
  });

  test('help is data, and no error', async () => {
    const ended = await runbook(['--help']);

    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toContain('approve [options] <run>');
  });
});

describe('runbooks', () => {
  test('every problem is said at once with its place, and nothing is started', async () => {
    const ended = await runbook(['run', deploy, '--environment', 'prod']);

    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr.trim().split('\n')).toHaveLength(5);
    expect(ended.stderr).toMatch(/deploy\.yaml:10:8 no value for \$\{TAG\}/);
  });

  test('with --json the problems are data', async () => {
    const ended = await runbook(['run', deploy, '--environment', 'prod', '--json', ...filled.slice(0, 2)]);

    const { error } = JSON.parse(ended.stdout) as { error: { code: string; problems: unknown[] } };
    expect([ended.code, error.code, error.problems.length]).toEqual([2, 'InvalidRunbook', 2]);
    expect(error.problems[0]).toMatchObject({ line: 16, column: 10 });
  });

  test('a valid one is ok, in Russian too', async () => {
    const english = await runbook(['validate', deploy, ...filled]);
    const russian = await runbook(['validate', deploy, ...filled], { LANG: 'ru_RU.UTF-8' });

    expect([english.code, english.stdout]).toEqual([0, `${deploy}: ok\n`]);
    expect([russian.code, russian.stdout]).toEqual([0, `${deploy}: всё в порядке\n`]);
  });
});

describe('without Temporal', () => {
  test.each([['list'], ['describe', 'web'], ['run', deploy, ...filled], ['approve', 'web', '--current']])(
    '%s says the address, the reason and what to do',
    async (...argv) => {
      const port = await findFreePort();

      const ended = await runbook(argv, { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });

      expect([ended.code, ended.stdout]).toEqual([1, '']);
      expect(ended.stderr).toBe(
        `error: Temporal at 127.0.0.1:${port}: nothing listens there; start the local stack (npm run stack), or set TEMPORAL_ADDRESS\n`,
      );
    },
  );

  test('something else that listens there is told apart', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    const ended = await runbook(['list', '--json'], { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });

    server.close();
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'TemporalUnreachable' } });
    expect(ended.stdout).toContain('does not speak Temporal');
  }, 10_000);

  test('a key ring that nobody named is asked for', async () => {
    const ended = await runbook(['list'], { RUNBOOK_KEYRING: '' });

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('RUNBOOK_KEYRING: expected the path of a key ring');
  });

  test('stack traces come only when asked for', async () => {
    const port = await findFreePort();

    const ended = await runbook(['--verbose', 'list'], { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });

    expect(ended.stderr).toMatch(/\n {4}at /);
  });
});

describe('completion', () => {
  test('bash takes the script, and it knows every verb', async () => {
    const { stdout } = await runbook(['completion', 'bash']);

    const checked = spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      'run plan validate list describe watch approve reject abort retry skip rollback promote schedule drill report rotate intake credentials doctor',
    );
  });

  test('bash offers what follows "schedule", and the options of each', async () => {
    const { stdout } = await runbook(['completion', 'bash']);
    const complete = (...words: string[]) => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const script = `${stdout}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _runbook; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };

    expect(complete('runbook', 'schedule', '')).toBe('apply list pause resume trigger backfill ledger');
    expect(complete('runbook', 'schedule', 'backfill', '--')).toBe('--from --to --json');
    expect(complete('runbook', 'abort', '--l')).toBe('--leave');
  });

  test.each(['zsh', 'fish'])('%s gets descriptions', async (shell) => {
    expect((await runbook(['completion', shell])).stdout).toContain('approve the plan of a run that waits for it');
  });
});
