import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { errorTable } from '../../../core/errors.js';
import { readEvents } from '../../../deploy/ci/events.mjs';
import { exitCodeOf } from '../../../deploy/ci/failure.mjs';
import { inMarkdown, onOneLine } from '../../../deploy/ci/text.mjs';
import { startCiServer, type CiServer } from '../../support/ci-server.js';
import { removeJobs, startGithubJob } from './job.js';

jest.setTimeout(60_000);

let server: CiServer;

beforeEach(async () => {
  server = await startCiServer();
});

afterEach(async () => {
  await server.close();
  await removeJobs();
});

const hostile = [
  '::set-output name=status::succeeded',
  '\n::error::not ours',
  '\r\n  ::stop-commands::x',
  '##[error]not ours',
  '\u001b[2J\u001b[31mred',
  '\u202egnp.exe',
  '| a | b |\n| --- | --- |',
  '<img src=x onerror=alert(1)>',
  '[click](javascript:alert(1)) @everyone #1 https://evil.example',
  '```\n# heading',
];

test('texts of others are shown, and are neither commands to the runner nor markup', async () => {
  const job = startGithubJob(server);
  await server.followed();
  for (const text of hostile) server.moment(text, text);
  server.record({
    plan: { changes: hostile.map((text) => ({ what: text, from: text, to: text })) },
    votes: hostile.map((text) => ({ at: text, by: text, verdict: 'approve', comment: text })),
    steps: hostile.map((text) => ({ name: text, state: 'failed', error: text })),
    undone: hostile.map((text) => ({ name: text, error: text })),
    gates: 'no list',
  });
  server.end({ name: 'failed\nstatus=succeeded', code: 'Unexpected', message: hostile.join(' ') }, 1);

  expect(await job.ended).toBe(1);

  const lines = job.log().trimEnd().split('\n');
  expect(lines).toHaveLength(hostile.length + 2);
  expect(lines.filter((line) => /^\s*::|##\[/.test(line))).toEqual([
    expect.stringMatching(/^::error title=Runbook::deploy/),
  ]);
  const summary = job.file('summary.md');
  expect(job.log() + summary).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u200b-\u200f\u202a-\u202e]/);
  expect(
    job
      .file('output')
      .split('\n')
      .filter((line) => line.startsWith('status=')),
  ).toEqual(['status=failed status=succeeded']);
  expect(summary).not.toMatch(/<img|\]\(java|[^\\]@everyone|[^\\]#1|https:\/\/evil|^# heading/m);
  for (const line of summary.split('\n').filter((each) => each.startsWith('|'))) {
    const cells = line.replaceAll(/\\./g, '').split('|').length - 2;
    expect([2, 3]).toContain(cells);
  }
});

test('however much there is to show, the summary stays below what GitHub takes', async () => {
  const job = startGithubJob(server);
  await server.followed();
  const long = '<'.repeat(2000);
  for (let index = 0; index < 200; index++) server.moment(`${index} ${long}`);
  const many = (one: object) => Array.from({ length: 200 }, () => one);
  server.record({
    plan: { changes: many({ what: long, from: long, to: long }) },
    gates: many({ openedAt: long, decision: long }),
    votes: many({ at: long, by: long, verdict: long, comment: long }),
    steps: many({ name: long, state: long, result: long }),
    undone: many({ name: long, error: long }),
  });
  server.end({ name: 'notUndone', message: long }, 8);

  expect(await job.ended).toBe(8);
  const bytes = Buffer.byteLength(job.file('summary.md'));
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(1024 * 1024);
  expect(
    Math.max(
      ...job
        .log()
        .split('\n')
        .map(({ length }) => length),
    ),
  ).toBeLessThan(1100 * 3);
});

test('one line of text is one line, of what can be seen', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostile)), (text) => {
      expect(onOneLine(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]|^::|##\[/u);
      expect(inMarkdown(text)).not.toMatch(/[<>]|(?<!\\)(?:\\\\)*[`*_|[\]]/);
    }),
  );
});

test('the exit codes of a job are those of the shell', () => {
  for (const [code, { exitCode }] of Object.entries(errorTable))
    expect({ code, exitCode: exitCodeOf(code) }).toEqual({ code, exitCode });
});

test('events are the same however the stream is cut into pieces', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', ':', ' ', 'é', '𝄞', '"', '\\') });
  const event = fc.record({ id: fc.option(fc.nat()), event: fc.constantFrom('moment', 'record'), what: text });
  const end = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(
      fc.array(event),
      end,
      fc.array(fc.nat({ max: 30 }), { minLength: 1 }),
      async (sent, newline, sizes) => {
        const lines = sent.flatMap(({ id, event: name, what }) => [
          ': a comment',
          ...(id === null ? [] : [`id: ${id}`]),
          `event:${name}`,
          `data: ${JSON.stringify({ what })}`,
          'retry: 10',
          '',
        ]);
        // The last one is cut: it is none.
        const bytes = Buffer.from([...lines, 'event: moment', 'data: {"what":"cut'].join(newline));
        const got = [];
        for await (const each of readEvents(pieces(bytes, sizes))) if (each) got.push(each);
        expect(got).toEqual(
          sent.map(({ id, event: name, what }) => ({
            ...(id !== null && { id: String(id) }),
            event: name,
            data: JSON.stringify({ what }),
          })),
        );
      },
    ),
  );
});

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = (sizes[turn % sizes.length] ?? 0) + 1;
    yield bytes.subarray(from, from + size);
    from += size;
    await Promise.resolve();
  }
}
