import { describe, expect, test } from '@jest/globals';
import { renderBytes } from '../../client/cli/render/bytes.js';
import { renderLive } from '../../client/cli/render/record.js';
import { widthOf } from '../../client/cli/render/text.js';
import { ru } from '../../client/cli/words/ru.js';
import { actingRecord, plainLook } from './records.js';

const half = { doing: 'back up db', bytes: 512_000_000, totalBytes: 1_024_000_000, bytesPerSecond: 64_000_000 };

describe('how far a step is', () => {
  test('is a bar with what is done, how fast, and what is left', () => {
    expect(renderBytes(half, plainLook(), 115)).toBe(
      `${'█'.repeat(15)}${'░'.repeat(15)}  50 %   512 MB of 1.02 GB  64.0 MB/s  8 s left`,
    );
  });

  test('speaks Russian', () => {
    expect(renderBytes(half, plainLook({ words: ru }), 115)).toContain('512 МБ из 1.02 ГБ  64.0 МБ/с  осталось 8 с');
  });

  test.each([40, 60, 75, 115])('in %d columns the numbers come first and the bar gives way', (width) => {
    const line = renderBytes({ ...half, bytesPerSecond: 3_000_000 }, plainLook(), width);

    expect(line).toContain('512 MB of 1.02 GB');
    expect(line.includes('█')).toBe(width > 60);
    // Where not even the numbers have room, the painter cuts them.
    expect(widthOf(line)).toBeLessThanOrEqual(Math.max(width, 51));
  });

  test('has no bar where the whole is not known, and is never more than the whole', () => {
    const { totalBytes: _, ...open } = half;
    expect(renderBytes(open, plainLook(), 115)).toBe('512 MB  64.0 MB/s');
    expect(renderBytes({ ...half, bytes: 2_000_000_000 }, plainLook(), 115)).toContain('100 %  2.00 GB of 2.00 GB');
  });

  test('says nothing of the time that is left before it is known, at a standstill, and at the very end', () => {
    const { bytesPerSecond: _, ...begun } = half;
    for (const progress of [begun, { ...half, bytesPerSecond: 0 }, { ...half, bytes: 1_023_900_000 }])
      expect(renderBytes(progress, plainLook(), 115)).not.toContain('left');
  });
});

test('it stands below the step that goes on, and below no other', () => {
  const [first, ...rest] = actingRecord().steps;
  const steps = [first, ...rest].map((step) => ({ ...step, progress: half })) as typeof rest;
  const lines = renderLive(actingRecord({ steps }), plainLook());

  expect(lines.filter((line) => line.includes('512 MB of'))).toHaveLength(1);
  expect(lines[lines.findIndex((line) => line.includes('512 MB of')) - 1]).toContain('⠋');
});
