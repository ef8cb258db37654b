import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readChannels } from '../../workers/channels.js';
import { openChannelPlace, type ChannelPlace } from '../support/channel-place.js';

let place: ChannelPlace;

beforeEach(async () => {
  place = await openChannelPlace();
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = place.tokens;
});

afterEach(async () => {
  delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
  await place.close();
});

test('a worker reads where people are told at its start', async () => {
  expect(await readChannels(place.file)).toEqual(place.channels);
});

test('what could only fail when there is something to tell fails at the start', async () => {
  await rm(join(place.tokens, 'slack-bot'));
  await expect(readChannels(place.file)).rejects.toMatchObject({
    code: 'InvalidSettings',
    message: expect.stringContaining('token file slack-bot: expected a file in'),
  });

  await writeFile(join(place.tokens, 'slack-bot'), 'xoxb\n');
  await writeFile(join(place.tokens, 'button-key'), 'short\n');
  await expect(readChannels(place.file)).rejects.toMatchObject({
    message: 'token file button-key: expected a key of buttons with 32 characters or more, found 5',
  });

  await writeFile(place.file, 'kind: channels\n');
  await expect(readChannels(place.file)).rejects.toMatchObject({ code: 'InvalidRunbook' });
  await expect(readChannels(`${place.file}.gone`)).rejects.toMatchObject({
    code: 'InvalidSettings',
    message: expect.stringMatching(/^RUNBOOK_CHANNELS: expected a file of channels, found ENOENT/),
  });
});
