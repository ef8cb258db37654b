import type { RunRecord, Stage as DrillStage } from '../../../core/record.js';
import { h, s } from '../dom.js';
import type { Stage } from '../page.js';
import { badge, facts, section, told } from '../parts.js';

/** The stages of a restore one after another: each bar begins where the one before it ended. */
export function drawStages(stages: readonly DrillStage[], { formats }: Stage): HTMLElement {
  const total = Math.max(
    0.001,
    stages.reduce((sum, { seconds }) => sum + seconds, 0),
  );
  const percent = (seconds: number) => `${((100 * seconds) / total).toFixed(2)}%`;
  let begun = 0;
  const rows = stages.map(({ name, seconds }) => {
    const bar = s('rect', {
      class: 'bar live',
      x: percent(begun),
      width: percent(Math.max(seconds, total / 200)),
      y: 1,
      height: 14,
      rx: 2,
    });
    begun += seconds;
    return h(
      'li',
      { class: 'row' },
      h('span', { class: 'name' }, told(name)),
      h('span', { class: 'track', 'aria-hidden': 'true' }, s('svg', { width: '100%', height: 16 }, bar)),
      h('span', { class: 'took' }, formats.seconds(seconds)),
    );
  });
  return h('ol', { class: 'timeline' }, ...rows);
}

/** What a drill has measured, beside what was promised. */
export function drawDrill({ drill }: Pick<RunRecord, 'drill'>, heading: string, stage: Stage): Node[] {
  if (!drill) return [];
  const { words, formats } = stage;
  const { backup, recoveryPoint, rtoSeconds, rpoSeconds, targets, stages } = drill;
  const figure = (name: 'rto' | 'rpo', found: number, wanted: number) =>
    h(
      'div',
      { class: `figure ${found <= wanted ? 'good' : 'bad'}` },
      h('span', {}, `${words.drills.names[name]} · ${words.drills.explained[name]}`),
      h('b', {}, formats.seconds(found)),
      badge(found <= wanted ? 'good' : 'bad', words.drills.target(formats.target(wanted))),
    );
  return [
    section(
      heading,
      h(
        'div',
        { class: 'figures' },
        figure('rto', rtoSeconds, targets.rtoSeconds),
        figure('rpo', rpoSeconds, targets.rpoSeconds),
      ),
      facts([
        [words.labels.backup, h('code', {}, backup)],
        [words.drills.backTo, formats.time(recoveryPoint, formats.exact(recoveryPoint))],
      ]),
      h('h3', {}, words.drills.stages),
      drawStages(stages, stage),
    ),
  ];
}
