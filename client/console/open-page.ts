import { h } from './dom.js';
import type { Page, Stage } from './page.js';
import { openBackups } from './pages/backups.js';
import { openCredentials } from './pages/credentials.js';
import { openDrills } from './pages/drills.js';
import { openGates } from './pages/gates.js';
import { openLedger } from './pages/ledger.js';
import { openRuns } from './pages/runs.js';
import { openSchedules } from './pages/schedules.js';
import { nothing } from './parts.js';
import { addresses, type Route } from './route.js';
import { openRun } from './run/open-run.js';

function openUnknown(stage: Stage): Page {
  const { words } = stage;
  const redraw = () =>
    stage.show({
      title: words.problems.unknownPage,
      nodes: [nothing(words.problems.notFound, h('p', {}, h('a', { href: addresses.runs() }, words.gates.seeRuns)))],
    });
  redraw();
  return { redraw, close: () => undefined };
}

/** Opens the page that an address asks for. */
export function openPage(route: Route, stage: Stage): Page {
  switch (route.page) {
    case 'runs':
      return openRuns(stage, route.filter);
    case 'run':
      return openRun(stage, `${route.kind}/${route.environment}/${route.name}`, route.runId);
    case 'gates':
      return openGates(stage);
    case 'backups':
      return openBackups(stage);
    case 'drills':
      return openDrills(stage, route.environment, route.service);
    case 'credentials':
      return openCredentials(stage);
    case 'schedules':
      return openSchedules(stage);
    case 'ledger':
      return openLedger(stage, `${route.environment}/${route.name}`, route.days);
    case 'unknown':
      return openUnknown(stage);
  }
}
