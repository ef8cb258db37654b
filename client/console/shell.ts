import { h, s } from './dom.js';
import { hatchings } from './plots/hatchings.js';
import { morph } from './morph.js';
import type { Context } from './page.js';
import { addresses, type Route } from './route.js';
import { languages, type Language } from './words/index.js';

/** Where each page belongs in the navigation. */
const sections = ['runs', 'gates', 'backups', 'credentials', 'schedules'] as const;
type Section = (typeof sections)[number];

const sectionOf: Record<Route['page'], Section | undefined> = {
  runs: 'runs',
  run: 'runs',
  gates: 'gates',
  backups: 'backups',
  drills: 'backups',
  credentials: 'credentials',
  schedules: 'schedules',
  ledger: 'schedules',
  unknown: undefined,
};

/** Lines on a field of 20 by 20. */
const icons: Record<Section, string> = {
  runs: 'M3 5h14M3 10h9M3 15h12',
  gates: 'M4 17V7l6-4 6 4v10M4 11h12M8 17v-6M12 17v-6',
  backups: 'M3 5c0-3 14-3 14 0s-14 3-14 0v10c0 3 14 3 14 0V5M3 10c0 3 14 3 14 0',
  credentials: 'M10.5 9.5a4 4 0 1 1-2-2L17 16v1.5h-3V15h-2z',
  schedules: 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14M10 6v4l3 2',
};

export interface Shell {
  /** Where a page shows itself. */
  main: HTMLElement;
  /** Puts the frame around a page. */
  draw(context: Context, route: Route, waiting: number): void;
  announce(text: string): void;
}

export interface ShellActions {
  choose: (language: Language) => void;
}

function drawLink(section: Section, current: Section | undefined, { words }: Context, waiting: number): HTMLElement {
  const counts = section === 'gates' && waiting > 0;
  return h(
    'li',
    {},
    h(
      'a',
      { href: addresses[section](), 'aria-current': section === current ? 'page' : undefined },
      s(
        'svg',
        { class: 'icon', viewBox: '0 0 20 20', width: 20, height: 20, 'aria-hidden': 'true' },
        s('path', { d: icons[section] }),
      ),
      h('span', {}, words.nav[section]),
      counts &&
        h(
          'span',
          { class: 'count' },
          h('span', { 'aria-hidden': 'true' }, String(waiting)),
          h('span', { class: 'unseen' }, ` (${words.nav.waiting(waiting)})`),
        ),
    ),
  );
}

function drawAccount({ words, language, me }: Context, { choose }: ShellActions): HTMLElement {
  const other: Language = language === 'en' ? 'ru' : 'en';
  return h(
    'div',
    { class: 'account' },
    h('span', { class: 'me', title: words.shell.via(me.via) }, me.name),
    h('button', { type: 'button', class: 'plain', lang: other, onclick: () => choose(other) }, languages[other]),
    h('form', { method: 'post', action: '/logout' }, h('button', { class: 'plain' }, words.shell.logOut)),
  );
}

/** The frame around every page: built once, so that nothing moves when a page changes. */
export function buildShell(actions: ShellActions): Shell {
  const main = h('main', { id: 'main', tabindex: -1 });
  const header = h('header', { class: 'top' });
  const news = h('p', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  const skip = h('a', { class: 'skip', href: '#main' });
  // An address behind "#" is a page here.
  skip.onclick = (event) => {
    event.preventDefault();
    main.focus();
  };
  document.body.replaceChildren(skip, header, main, news, hatchings());
  return {
    main,
    draw(context, route, waiting) {
      const { words, language } = context;
      document.documentElement.lang = language;
      skip.textContent = words.shell.skip;
      morph(header, [
        h('a', { class: 'brand', href: addresses.runs() }, words.shell.brand),
        h(
          'nav',
          { 'aria-label': words.shell.navigation },
          h('ul', {}, ...sections.map((each) => drawLink(each, sectionOf[route.page], context, waiting))),
        ),
        drawAccount(context, actions),
      ]);
    },
    announce(text) {
      if (text !== '') news.textContent = text;
    },
  };
}
