import type { Api, ApiParts } from '../parts.js';
import { alertRoutes } from './alerts.js';
import { chatRoutes } from './chat.js';
import { consoleRoutes } from './console.js';
import { credentialRoutes } from './credentials.js';
import { decisionRoutes } from './decisions.js';
import { drillRoutes } from './drills.js';
import { eventRoutes } from './events.js';
import { identityRoutes } from './identity.js';
import { loginRoutes } from './login.js';
import { runbookRoutes } from './runbooks.js';
import { rollbackRoutes } from './rollbacks.js';
import { runRoutes } from './runs.js';
import { scheduleRoutes } from './schedules.js';
import { statusRoutes } from './status.js';

/** Every route, a file for each thing that they are about. */
export function routes(api: Api, parts: ApiParts): void {
  // Within a plugin of their own, so that what is registered before them holds for all.
  void api.register((scope, _, done) => {
    for (const add of all) add(scope, parts);
    done();
  });
}

const all = [
  statusRoutes,
  identityRoutes,
  runbookRoutes,
  runRoutes,
  eventRoutes,
  decisionRoutes,
  rollbackRoutes,
  alertRoutes,
  chatRoutes,
  scheduleRoutes,
  drillRoutes,
  credentialRoutes,
  consoleRoutes,
  loginRoutes,
];
