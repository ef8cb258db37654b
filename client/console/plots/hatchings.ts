import { s } from '../dom.js';

/** Hatchings that style sheets fill bars with: what is bad, late or only waited for differs by more than its colour. */
export function hatchings(): SVGElement {
  const patterns = ['bad', 'warn', 'quiet'].map((tone) =>
    s(
      'pattern',
      {
        ...{ id: `hatched-${tone}`, class: `hatch ${tone}`, width: 8, height: 8 },
        ...{ patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      },
      s('line', { x1: 3, x2: 3, y1: 0, y2: 8 }),
    ),
  );
  return s('svg', { class: 'unseen', width: 0, height: 0, 'aria-hidden': 'true' }, s('defs', {}, ...patterns));
}
