import type { Stage } from '../../core/record.js';
import { escapeMarkup } from './escape.js';
import { saySeconds } from './times.js';
import type { ReportWords } from './words.js';

const width = 720;
const nameWidth = 220;
const timeWidth = 90;
const rowHeight = 26;
const longestName = 30;

/** The stages of a drill one after another: each bar begins where the one before it ended. */
export function plotStages(stages: readonly Stage[], words: ReportWords): string {
  const total = Math.max(
    0.001,
    stages.reduce((sum, { seconds }) => sum + seconds, 0),
  );
  const scale = (width - nameWidth - timeWidth) / total;
  let begun = 0;
  const rows = stages.map(({ name, seconds }, index) => {
    const top = index * rowHeight;
    const x = nameWidth + begun * scale;
    begun += seconds;
    const shown = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
    const time = saySeconds(seconds, words);
    const length = Math.max(2, seconds * scale);
    return [
      `<g><title>${escapeMarkup(`${name}: ${time}`)}</title>`,
      `<text x="${nameWidth - 12}" y="${top + 17}" text-anchor="end">${escapeMarkup(shown)}</text>`,
      `<rect class="bar" x="${x.toFixed(1)}" y="${top + 4}" width="${length.toFixed(1)}" height="${rowHeight - 8}" rx="2"/>`,
      `<text class="value" x="${(x + length + 8).toFixed(1)}" y="${top + 17}">${escapeMarkup(time)}</text></g>`,
    ].join('');
  });
  const said = stages.map(({ name, seconds }) => `${name} ${saySeconds(seconds, words)}`).join(', ');
  return [
    `<svg viewBox="0 0 ${width} ${Math.max(1, stages.length) * rowHeight}" role="img" aria-label="${escapeMarkup(said)}">`,
    ...rows,
    '</svg>',
  ].join('\n');
}
