import { Refusal } from './ask.js';
import { logIn } from './logging-in.js';
import type { Page, Picture, Stage } from './page.js';
import { explain } from './parts.js';
import { h } from './dom.js';

export interface PolledPage<Data> {
  title: string;
  everySeconds: number;
  load: () => Promise<Data>;
  /** Asked for each time that there is something new, or other room for it. */
  draw: (data: Data) => Node[];
}

/** After a failure it is tried again sooner than data has to be looked at. */
const retrySeconds = 3;

/**
 * Does something now and every so many seconds, as long as somebody can see the page; and at once when they come back to it.
 * What is done says whether it went well.
 */
export function whileVisible(
  everySeconds: number,
  look: () => Promise<boolean>,
): { now: () => void; stop: () => void } {
  let timer = 0;
  let stopped = false;
  let isLooking = false;
  const again = () => {
    window.clearTimeout(timer);
    if (stopped || isLooking || document.hidden) return;
    isLooking = true;
    void look().then((isWell) => {
      isLooking = false;
      const seconds = isWell ? everySeconds : Math.min(retrySeconds, everySeconds);
      if (!stopped) timer = window.setTimeout(again, seconds * 1000);
    });
  };
  document.addEventListener('visibilitychange', again);
  again();
  return {
    now: again,
    stop: () => {
      stopped = true;
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', again);
    },
  };
}

/** A page that asks for its data again and again. What was known stays on it while the API is away. */
export function openPolled<Data>(stage: Stage, options: PolledPage<Data>): Page & { reload(): void } {
  const { title, everySeconds, load, draw } = options;
  let data: { is: Data } | undefined;
  let problem: unknown;
  let closed = false;
  const picture = (): Picture => {
    const known = data ? draw(data.is) : [];
    const waits = !data && problem === undefined ? [h('p', { class: 'soft' }, stage.words.shell.loading)] : [];
    return { title, nodes: [...(problem === undefined ? [] : [explain(problem, stage)]), ...waits, ...known] };
  };
  const redraw = () => {
    if (!closed) stage.show(picture());
  };
  redraw();
  const looking = whileVisible(everySeconds, async () => {
    try {
      data = { is: await load() };
      problem = undefined;
    } catch (error) {
      // Nothing is on the page yet that somebody could lose.
      if (!data && error instanceof Refusal && error.status === 401) logIn();
      problem = error;
    }
    redraw();
    return problem === undefined;
  });
  return {
    redraw,
    reload: looking.now,
    close: () => {
      closed = true;
      looking.stop();
    },
  };
}
