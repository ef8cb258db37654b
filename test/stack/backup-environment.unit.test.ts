import { expect, test } from '@jest/globals';
import { describeBackup } from '../../stack/servers/backup.js';
import { readGivenServers } from '../../stack/servers/given.js';
import { stacksDirectory } from '../../stack/layout.js';

const ports = { objects: { plain: 1, tls: 2, replica: 3 }, postgres: 4 };

test('the stores and the database are the stack’s own unless others are given, and no address has a password', () => {
  expect(describeBackup(ports, {})).toMatchObject({
    S3_URL: 'http://127.0.0.1:1',
    S3_TLS_URL: 'https://127.0.0.1:2',
    S3_REPLICA_URL: 'http://127.0.0.1:3',
  });

  const given = readGivenServers({
    S3_URL: 'https://s3.example',
    POSTGRES_URL: 'postgres://shop:secret@db.example/shop',
  });
  const described = describeBackup(ports, given);
  expect(described).toMatchObject({
    S3_URL: 'https://s3.example',
    S3_TLS_URL: 'https://s3.example',
    S3_REPLICA_URL: 'https://s3.example',
    POSTGRES_ADDRESS: 'db.example:5432',
  });
  expect(JSON.stringify(described)).not.toContain('secret');
});

test('what a stack once exported is not taken for a server that is given', () => {
  const exported = { RUNBOOK_KEYRING: `${stacksDirectory()}/default/keyring.json`, S3_URL: 'http://127.0.0.1:1' };
  expect(readGivenServers(exported)).toEqual({});
});
