import { describe, expect, test } from '@jest/globals';
import { renderRecord } from '../../client/cli/render/record.js';
import { ru } from '../../client/cli/words/ru.js';
import { makeDrillReport } from '../../client/report/drill-report.js';
import { axisLines } from '../../client/report/axis-lines.js';
import { renderReport } from '../../client/report/render-report.js';
import type { RunRecord } from '../../core/record.js';
import { drillRecord, failedDrillRecord } from './drill-records.js';
import { plainLook, waitingRecord } from './records.js';

const now = new Date('2026-11-21T08:35:00Z');

function missed(day: number): RunRecord {
  const record = drillRecord(day);
  if (record.drill) record.drill.rtoSeconds = 900;
  return {
    ...record,
    outcome: { name: 'failed', code: 'DrillMissed', message: 'RTO: expected 600 s at most, found 900 s' },
  };
}

function differing(day: number): RunRecord {
  const record = drillRecord(day);
  const step = { name: 'compare orders', state: 'failed' as const, startedAt: record.startedAt, attempt: 1 };
  const error = 'database or|ders: 1 difference(s): table <b>carts</b>: expected 3 rows, found 2';
  return {
    ...record,
    steps: [{ ...step, error }],
    outcome: { name: 'undone', code: 'BackupCorrupt', message: error },
  };
}

describe('the report of drills', () => {
  test('tells the newest first, whatever order records come in, and leaves out what goes on', () => {
    const open = waitingRecord({ kind: 'drill', startedAt: '2026-11-20T04:00:00Z' });
    const report = makeDrillReport([drillRecord(3), open, missed(9), failedDrillRecord(5)], now);

    expect(report?.drills.map(({ runId, verdict }) => [runId, verdict])).toEqual([
      ['run-9', 'missed'],
      ['run-5', 'failed'],
      ['run-3', 'met'],
    ]);
    expect(report?.drills[1]).not.toHaveProperty('measured');
    expect(report?.drills[2]?.checks).toEqual([
      { name: 'checks', passed: true, found: '2 checks hold' },
      { name: 'orders', passed: true, found: '14 tables, 1204332 rows: the same' },
    ]);
  });

  test('there is none where no drill has ended', () => {
    expect(renderReport([waitingRecord({ kind: 'drill' })], now, 'html', 'en')).toBeUndefined();
  });

  test('as JSON it is the evidence itself', () => {
    const text = renderReport([drillRecord(3)], now, 'json', 'en') ?? '';

    expect(JSON.parse(text)).toEqual(makeDrillReport([drillRecord(3)], now));
  });

  test('as Markdown no name breaks a table', () => {
    const text = renderReport([differing(4), drillRecord(3)], now, 'markdown', 'en') ?? '';

    expect(text).toContain('1 of 2 drills since 2026-11-03 met both promises');
    expect(text).toContain('| orders | differs | database or\\|ders: 1 difference(s): table \\<b\\>carts');
    expect(text).toContain('- RTO: 5 m 14 s (target 10 m 0 s)');
    expect(text).toContain('| 2026-11-03 04:00 UTC | met | 5 m 13 s | 1 h 59 m |');
  });
});

describe('the page', () => {
  const page = (records: RunRecord[], language = 'en') => renderReport(records, now, 'html', language) ?? '';

  test('needs nothing from anywhere, and runs nothing', () => {
    const text = page([missed(9), drillRecord(3)]);

    expect(text).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import/i);
    expect(text).toContain("default-src 'none'");
    expect(text.match(/<svg/g)).toHaveLength(2);
    expect(text.match(/<(svg|div) [^>]*role="img" aria-label="[^"]+"/g)).toHaveLength(3);
  });

  test('a target that is far above what was found is named, and does not press the findings flat', () => {
    const [rto = '', rpo = ''] = page([missed(9), drillRecord(3)]).match(/<svg[\s\S]*?<\/svg>/g) ?? [];

    expect(rto).toContain('>target 10 m 0 s<');
    expect(rto).toMatch(/<polyline class="promise" points="\d/);
    expect(rpo).toContain('>↑ target 1 d 0 h<');
    expect(rpo).toContain('<polyline class="promise" points=""/>');
    expect(rpo).toContain('>1 h 59 m<');
  });

  test('drills of one day are told apart by their times', () => {
    const later = drillRecord(3, { runId: 'later', startedAt: '2026-11-03T17:30:00.000Z' });

    expect(page([later, drillRecord(3)])).toMatch(/>04:00<.*>2026-11-03, UTC<.*>17:30</);
  });

  test('a verdict stands beside what was found, and a runbook without checks has no row of them', () => {
    const record = drillRecord(3);
    const steps = record.steps.map((step) => (step.name === 'checks' ? { ...step, result: '0 checks hold' } : step));
    const text = page([{ ...record, steps }]);

    expect(text).toContain('<td class="found">14 tables, 1204332 rows</td>');
    expect(text).not.toContain('checks hold</td>');
  });

  test('shows each drill by its shape: within its target, above it, without a measurement', () => {
    const text = page([missed(9), failedDrillRecord(5), drillRecord(3)]);

    expect(text).toMatch(/<path class="bad" [^>]*><title>2026-11-09T04:00: 15 m 0 s/);
    expect(text).toMatch(/<path class="bad line" [^>]*><title>2026-11-05T04:00: failed/);
    expect(text).toMatch(/<circle class="good" [^>]*><title>2026-11-03T04:00: 5 m 13 s/);
    expect(text).toContain('The backup came back whole, but too late or too old.');
  });

  test('what others have written is text in it, and no markup', () => {
    const text = page([differing(4), failedDrillRecord(3)]);

    expect(text).toContain('table &lt;b&gt;carts&lt;/b&gt;: expected 3 rows');
    expect(text).not.toContain('<b>carts');
    expect(page([failedDrillRecord(3)])).toContain('no &lt;store&gt; &amp; no &quot;bucket&quot;');
  });

  test('one drill alone has a target line across; one that failed has no figures', () => {
    const [lineOfOne] = /<polyline class="promise" points="[^"]+"/.exec(page([drillRecord(3)])) ?? [''];
    expect(lineOfOne.split(' ')).toHaveLength(4);
    expect(page([failedDrillRecord(3)])).toContain('It ended before anything could be measured.');
  });

  test('speaks Russian', () => {
    const text = page([drillRecord(3)], 'ru');

    expect(text).toContain('<html lang="ru">');
    expect(text).toContain('Копия восстановлена целиком');
    expect(text).toContain('5 мин 13 с');
  });

  test.each([
    [0.4, [0, 0.1, 0.2, 0.30000000000000004, 0.4]],
    [313, [0, 120, 240, 360]],
    [86_400, [0, 21_600, 43_200, 64_800, 86_400]],
    [40 * 86_400, [0, 8, 16, 24, 32, 40].map((days) => days * 86_400)],
  ])('an axis up to %d s has lines that people count in', (most, lines) => {
    expect(axisLines(most)).toEqual(lines);
  });
});

describe('what is shown of a run', () => {
  test('shows the parts of the way back and both promises, in both languages', () => {
    const lines = renderRecord(missed(9), plainLook()).join('\n');

    expect(lines).toContain('restore drill 20261109T020000Z-1a2b3c4d · back to 2026-11-09 02:00:03 UTC');
    expect(lines).toMatch(/restore orders {2,}5 m 9 s {2}█{16}/);
    expect(lines).toMatch(/RTO {2,}15 m 0 s {2}of 10 m 0 s {2,}MISSED/);
    expect(lines).toMatch(/RPO {2,}1 h 59 m {2}of 1 d 0 h {2,}met/);
    expect(renderRecord(missed(9), plainLook({ words: ru })).join('\n')).toMatch(/RTO .*НАРУШЕНО/);
  });

  test('names the backup that a run has made', () => {
    const { drill: _, ...record } = drillRecord(3, { kind: 'backup', backup: '20261103T020000Z-1a2b3c4d' });

    expect(renderRecord(record, plainLook()).join('\n')).toMatch(/backup +20261103T020000Z-1a2b3c4d/);
  });
});
