// Draws what a terminal showed, colours and all, as an SVG: `node dist/docs/draw-terminal.js TITLE < capture > picture.svg`,
// where the capture is what `tmux capture-pane -e -p -S -` prints.
import { readFileSync } from 'node:fs';

interface Run {
  text: string;
  classes: string;
}

const cellWidth = 8.4;
const lineHeight = 18;
const margin = 16;
const barHeight = 30;
const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

const style = `
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.frame{fill:#f6f8fa;stroke:#d0d7de}.title{fill:#59636e;text-anchor:middle}.bold{font-weight:600}.dim{fill:#59636e}
.red{fill:#c21c24}.green{fill:#15742f}.yellow{fill:#8a5d00}.blue{fill:#0757b5}.magenta{fill:#7d3fbf}.cyan{fill:#0b6e85}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.frame{fill:#0d1117;stroke:#3d444d}.title,.dim{fill:#9198a1}
.red{fill:#ff7b72}.green{fill:#56d364}.yellow{fill:#e3b341}.blue{fill:#79c0ff}.magenta{fill:#d2a8ff}.cyan{fill:#76e3ea}}
`;

/** What the codes of one escape sequence leave switched on. */
function applyCodes(classes: ReadonlySet<string>, codes: readonly number[]): Set<string> {
  const next = new Set(classes);
  const clear = (names: readonly string[]) => names.forEach((name) => next.delete(name));
  for (const code of codes) {
    if (code === 0) next.clear();
    else if (code === 1) next.add('bold');
    else if (code === 2) next.add('dim');
    else if (code === 22) clear(['bold', 'dim']);
    else if (code === 39) clear(colours);
    else if (code >= 30 && code <= 37) {
      clear(colours);
      next.add(colours[code - 30] ?? '');
    }
  }
  return next;
}

/** The lines as runs of one look each; a look goes on into the next line until it is changed. */
function parseLines(capture: string): Run[][] {
  let classes = new Set<string>();
  return capture.split('\n').map((line) =>
    line
      .split(/(\u001b\[[\d;]*m)/)
      .map((piece): Run => {
        const codes = /^\u001b\[([\d;]*)m$/.exec(piece)?.[1];
        if (codes === undefined) return { text: piece, classes: [...classes].join(' ') };
        classes = applyCodes(classes, codes.split(';').map(Number));
        return { text: '', classes: '' };
      })
      .filter(({ text }) => text !== ''),
  );
}

const lengthOf = (text: string) => Array.from(text).length;

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** One line. Every run says where it begins and how long it is: then columns stand in line in any font. */
function drawLine(runs: readonly Run[], y: number): string {
  let column = 0;
  const spans = runs.map(({ text, classes }) => {
    const x = (margin + column * cellWidth).toFixed(1);
    const length = lengthOf(text);
    column += length;
    const look = classes === '' ? '' : ` class="${classes}"`;
    const fit = `textLength="${(length * cellWidth).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
    return text.trim() === '' ? '' : `<tspan x="${x}" ${fit}${look}>${escapeText(text)}</tspan>`;
  });
  return `<text y="${y}">${spans.join('')}</text>`;
}

function draw(title: string, capture: string): string {
  const lines = parseLines(capture.replace(/\n+$/, ''));
  const columns = Math.max(...lines.map((runs) => runs.reduce((sum, { text }) => sum + lengthOf(text), 0)));
  const width = Math.ceil(columns * cellWidth) + 2 * margin;
  const height = lines.length * lineHeight + barHeight + 2 * margin;
  const body = lines.map((runs, index) => drawLine(runs, barHeight + margin + (index + 0.7) * lineHeight));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeText(title)}</title><style>${style}</style>`,
    `<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    `<text class="title" x="${width / 2}" y="${barHeight - 8}">${escapeText(title)}</text>`,
    ...body,
    '</svg>\n',
  ].join('\n');
}

process.stdout.write(draw(process.argv[2] ?? 'terminal', readFileSync(0, 'utf8')));
