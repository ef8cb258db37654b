import type { RunRecord } from '../../core/record.js';
import type { Trouble } from '../runs/follow-run.js';
import { lookOf } from './look.js';
import { Painter } from './painter.js';
import { renderEvents } from './render/events.js';
import { renderLive } from './render/record.js';
import type { Terminal } from './terminal.js';

const paintEveryMs = 250;

/** Shows how a run goes on, until it is closed. */
export interface Progress {
  /** A picture shows what a log leaves out. */
  readonly wantsLive: boolean;
  record(record: RunRecord): void;
  trouble(trouble: Trouble): void;
  close(): void;
}

/** A picture that is painted over, for terminals. */
function livePicture(terminal: Terminal): Progress {
  const { stderr } = terminal;
  const painter = new Painter(stderr, lookOf(terminal, stderr).words.hiddenLines);
  let latest: RunRecord | undefined;
  let lastTrouble: Trouble | undefined;
  const frame = () => {
    const look = lookOf(terminal, stderr);
    const trouble = lastTrouble ? ['', look.colours.yellow(`! ${look.words[lastTrouble]}`)] : [];
    return [...(latest ? renderLive(latest, look) : []), ...trouble];
  };
  const timer = setInterval(() => painter.paint(frame()), paintEveryMs);
  return {
    wantsLive: true,
    record: (record) => {
      latest = record;
      lastTrouble = undefined;
    },
    trouble: (trouble) => (lastTrouble = trouble),
    close: () => {
      clearInterval(timer);
      painter.finish([...frame(), '']);
    },
  };
}

/** A line for each thing that happens, for logs. */
function plainLines(terminal: Terminal): Progress {
  let before: RunRecord | undefined;
  let lastTrouble: Trouble | undefined;
  return {
    wantsLive: false,
    record: (record) => {
      const lines = renderEvents(before, record, lookOf(terminal, terminal.stderr));
      before = record;
      lastTrouble = undefined;
      if (lines.length > 0) terminal.stderr.write(`${lines.join('\n')}\n`);
    },
    trouble: (trouble) => {
      if (trouble !== lastTrouble) terminal.stderr.write(`${lookOf(terminal, terminal.stderr).words[trouble]}\n`);
      lastTrouble = trouble;
    },
    close: () => undefined,
  };
}

/** One line of JSON per change, for programs. */
function jsonLines(terminal: Terminal): Progress {
  const words = lookOf(terminal, terminal.stderr).words;
  return {
    wantsLive: true,
    record: (record) => terminal.stdout.write(`${JSON.stringify(record)}\n`),
    trouble: (trouble) => terminal.stderr.write(`${words[trouble]}\n`),
    close: () => undefined,
  };
}

/** Progress as it suits who is watching. */
export function showProgress(terminal: Terminal, json: boolean): Progress {
  if (json) return jsonLines(terminal);
  return terminal.stderr.isTerminal ? livePicture(terminal) : plainLines(terminal);
}
