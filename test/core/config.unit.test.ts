import { expect, test } from '@jest/globals';
import { loadConfig } from '../../core/config.js';
import { messageOf } from '../../core/errors.js';

const keyring = { RUNBOOK_KEYRING: '/etc/runbooks/keys.json' };

function refusalOf(environment: NodeJS.ProcessEnv): string {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toMatchObject({ code: 'InvalidSettings' });
    return messageOf(error);
  }
  throw new Error('expected a refusal');
}

const defaults = {
  keyRing: '/etc/runbooks/keys.json',
  queues: ['runbooks', 'runbooks-cluster'],
  healthPort: 9464,
  healthHost: '127.0.0.1',
  shutdownGraceSeconds: 20,
  logLevel: 'info',
};

test('a key ring is all that must be set', () => {
  expect(loadConfig(keyring)).toEqual(defaults);
});

test('a blank setting counts as not set, as in a file of KEY= lines', () => {
  const blanks = Object.fromEntries(
    ['QUEUES', 'HEALTH_PORT', 'HEALTH_HOST', 'SHUTDOWN_GRACE', 'LOG_LEVEL', 'IDENTITY'].map((name) => [
      `RUNBOOK_${name}`,
      '',
    ]),
  );

  expect(loadConfig({ ...keyring, ...blanks })).toEqual(defaults);
  expect(refusalOf({ RUNBOOK_KEYRING: '' })).toContain('RUNBOOK_KEYRING');
});

test('every setting is taken over', () => {
  const config = loadConfig({
    RUNBOOK_KEYRING: 'off',
    RUNBOOK_QUEUES: ' runbooks-cluster ',
    RUNBOOK_HEALTH_PORT: '0',
    RUNBOOK_HEALTH_HOST: '0.0.0.0',
    RUNBOOK_SHUTDOWN_GRACE: '2m',
    RUNBOOK_LOG_LEVEL: 'debug',
    RUNBOOK_IDENTITY: 'worker-1',
    RUNBOOK_CHANNELS: 'channels.yaml',
    RUNBOOK_CONSOLE: 'https://console.example.org',
    SOMETHING_ELSE: 'is none of ours',
  });

  expect(config).toEqual({
    keyRing: 'off',
    queues: ['runbooks-cluster'],
    healthPort: 0,
    healthHost: '0.0.0.0',
    shutdownGraceSeconds: 120,
    logLevel: 'debug',
    identity: 'worker-1',
    channels: 'channels.yaml',
    console: 'https://console.example.org',
  });
});

test('settings cannot be changed after they were read', () => {
  expect(Object.isFrozen(loadConfig(keyring))).toBe(true);
});

test('nothing is sent in clear because a setting was forgotten', () => {
  expect(refusalOf({})).toBe('RUNBOOK_KEYRING: expected the path of a key ring, or "off" for payloads in clear');
});

test('all problems are told at once, each with its setting', () => {
  const message = refusalOf({
    RUNBOOK_QUEUES: 'runbooks,backups',
    RUNBOOK_HEALTH_PORT: '70000',
    RUNBOOK_SHUTDOWN_GRACE: '20',
    RUNBOOK_LOG_LEVEL: 'loud',
  });

  expect(message.split('\n').map((line) => line.split(/[.:]/)[0])).toEqual([
    'RUNBOOK_KEYRING',
    'RUNBOOK_QUEUES',
    'RUNBOOK_HEALTH_PORT',
    'RUNBOOK_SHUTDOWN_GRACE',
    'RUNBOOK_LOG_LEVEL',
  ]);
});

test.each(['70000', '-1', '9464.5', 'http'])('port %s is refused', (port) => {
  expect(refusalOf({ ...keyring, RUNBOOK_HEALTH_PORT: port })).toMatch(/^RUNBOOK_HEALTH_PORT: /);
});
