import type { RunPage, Sender } from './answers.js';
import { ask, Refusal } from './ask.js';
import { h } from './dom.js';
import { logIn, returnToPage } from './logging-in.js';
import { morph } from './morph.js';
import { openPage } from './open-page.js';
import type { Context, Page, Stage } from './page.js';
import { PageFormats } from './page-formats.js';
import { explain } from './parts.js';
import { whileVisible } from './polled.js';
import { readLanguage, rememberLanguage } from './remembered.js';
import { readRoute } from './route.js';
import { buildShell, type Shell } from './shell.js';
import { wordsOf, type Language } from './words/index.js';

const waitingEverySeconds = 15;
const mostWaiting = 50;
const retryMs = 5000;

function contextOf(language: Language, me: Sender): Context {
  const words = wordsOf(language);
  return { language, words, me, formats: new PageFormats(language, words) };
}

/** Who has logged in; whoever has not is sent to do so. */
async function findOut(shell: Shell): Promise<Sender> {
  for (;;) {
    try {
      return await ask<Sender>('/v1/whoami');
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        logIn();
        // The browser is on its way.
        return await new Promise<never>(() => undefined);
      }
      const context = contextOf(readLanguage(), { name: '', via: '', groups: [], roles: [] });
      morph(shell.main, [explain(error, context)]);
      await new Promise((resolve) => window.setTimeout(resolve, retryMs));
    }
  }
}

function begin(shell: Shell, me: Sender): { choose: (language: Language) => void } {
  let context = contextOf(readLanguage(), me);
  let page: Page | undefined;
  let waiting = 0;
  const drawShell = () => shell.draw(context, readRoute(window.location.hash), waiting);
  const openRoute = (isNew: boolean) => {
    page?.close();
    // What belongs to another page goes at once, and the next one begins at its top.
    if (isNew) shell.main.replaceChildren();
    drawShell();
    page = openPage(readRoute(window.location.hash), stageOf(context, shell));
    if (!isNew) return;
    window.scrollTo(0, 0);
    shell.main.focus({ preventScroll: true });
  };
  openRoute(false);
  window.addEventListener('hashchange', () => openRoute(true));
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    // On a telephone the height changes with each scroll.
    if (width !== window.innerWidth) page?.redraw();
    width = window.innerWidth;
  });
  whileVisible(waitingEverySeconds, async () => {
    const pages = ['waiting', 'asking'].map((state) => ask<RunPage>('/v1/runs', { state, limit: mostWaiting }));
    // The page that is open says what is wrong.
    const found = await Promise.all(pages).catch(() => undefined);
    if (!found) return false;
    waiting = found.flatMap(({ runs }) => runs).filter(({ finishedAt }) => finishedAt === undefined).length;
    drawShell();
    return true;
  });
  return {
    choose(language) {
      rememberLanguage(language);
      context = contextOf(language, me);
      openRoute(false);
    },
  };
}

function stageOf(context: Context, shell: Shell): Stage {
  return {
    ...context,
    width: () =>
      Math.max(
        260,
        Math.floor(shell.main.clientWidth - 2 * Number.parseFloat(getComputedStyle(shell.main).paddingLeft)),
      ),
    announce: (text) => shell.announce(text),
    show({ title, nodes }) {
      document.title = `${title} · ${context.words.shell.brand}`;
      morph(shell.main, [h('h1', {}, title), ...nodes]);
    },
  };
}

returnToPage();
const chosen: { choose: (language: Language) => void } = { choose: () => undefined };
const shell = buildShell({ choose: (language) => chosen.choose(language) });
Object.assign(chosen, begin(shell, await findOut(shell)));
