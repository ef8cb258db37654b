import { expect, test } from '@jest/globals';
import type * as shown from '../../../client/console/answers.js';
import type { Permitted } from '../../../policies/access.js';
import type { ListedRun } from '../../../client/runs/find-runs.js';
import type { Page } from '../../../client/runs/list-page.js';
import type { Sighting } from '../../../client/runs/read-record.js';
import type { ListedSchedule } from '../../../client/schedules/find-schedules.js';
import type { Ledger } from '../../../client/schedules/read-ledger.js';

/** What the API answers can be taken for what the console shows: the compiler refuses this file where it cannot. */
const taken: {
  run: (answer: ListedRun) => shown.ListedRun;
  page: (answer: Page) => shown.RunPage;
  record: (answer: Sighting) => shown.SeenRun;
  schedule: (answer: ListedSchedule) => shown.ListedSchedule;
  ledger: (answer: Ledger) => shown.Ledger;
  permitted: (answer: Permitted) => shown.Permitted;
} = {
  run: (answer) => answer,
  page: (answer) => answer,
  record: (answer) => answer,
  schedule: (answer) => answer,
  ledger: (answer) => answer,
  permitted: (answer) => answer,
};

test('each answer that is shown is one that the API gives', () => {
  expect(Object.keys(taken)).toHaveLength(6);
});
