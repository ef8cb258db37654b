import type { Stage } from '../../core/record.js';
import { escapeMarkup } from './escape.js';
import { saySeconds } from './times.js';
import type { ReportWords } from './words.js';

/** The stages of a drill one after another: each bar begins where the one before it ended. As wide as the page, also on a telephone. */
export function plotStages(stages: readonly Stage[], words: ReportWords): string {
  const total = Math.max(
    0.001,
    stages.reduce((sum, { seconds }) => sum + seconds, 0),
  );
  const percent = (seconds: number) => `${((100 * seconds) / total).toFixed(2)}%`;
  let begun = 0;
  const rows = stages.map(({ name, seconds }) => {
    const bar = `margin-left:${percent(begun)};width:${percent(seconds)}`;
    begun += seconds;
    return `<span class="name">${escapeMarkup(name)}</span><span class="track"><i style="${bar}"></i></span><b>${escapeMarkup(saySeconds(seconds, words))}</b>`;
  });
  const said = stages.map(({ name, seconds }) => `${name} ${saySeconds(seconds, words)}`).join(', ');
  return `<div class="stages" role="img" aria-label="${escapeMarkup(said)}">\n${rows.join('\n')}\n</div>`;
}
