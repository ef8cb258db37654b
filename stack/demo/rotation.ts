import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import colours from 'picocolors';
import type { CredentialStatus } from '../../core/credential.js';
import type { RunRecord } from '../../core/record.js';
import type { Stack } from '../index.js';
import { layoutOf } from '../layout.js';
import { openOrdersShop, type Login, type OrdersShop } from '../orders/shop.js';
import type { QueryCounts } from '../orders/query-counter.js';
import { describeError, StackError } from '../stack-error.js';
import { readState } from '../state.js';
import { playApproved } from './approved-run.js';
import type { Cli } from './runbook.js';
import { heading, say, typed } from './terminal.js';

const namespace = 'shop';
const run = 'rotate/prod/shop-db';
const queriesPerSecond = 200;
const runbook = ['runbooks/rotate.yaml', '--environment', 'prod'];

/** What the rotation has shown, as measured. */
export interface RotationResult {
  record: RunRecord;
  /** Of the shop, from before the rotation to after its proof. */
  queries: QueryCounts;
  queriesPerSecond: number;
  /** What the server says to whoever comes with the old password; undefined: it let him in. */
  oldRefused: string | undefined;
  credential: CredentialStatus;
  ui: string;
}

/** Orders is a program in an image of its own, so it needs a node that runs images. */
export function canRotate({ name, environment }: Stack): boolean {
  return readState(layoutOf(name))?.nodes === 'real' && environment.POSTGRES_ADDRESS !== '';
}

async function tryLogin(shop: OrdersShop, login: Login): Promise<string | undefined> {
  return shop.sql('select 1', login).then(() => undefined, describeError);
}

/** The third part: a database's password is replaced while a service lives on it. */
export async function playRotation(stack: Stack, cli: Cli): Promise<RotationResult> {
  const { KUBECONFIG, RUNBOOK_TOKEN_DIRECTORY, TEMPORAL_UI_URL } = stack.environment;
  heading(`A shop: orders, two pods, ${queriesPerSecond} queries a second as shop_a of its database`);
  const place = { stackName: stack.name, kubeConfigFile: KUBECONFIG, namespace };
  const shop = await openOrdersShop({ ...place, replicas: 2, queriesPerSecond, say });
  try {
    await writeFile(join(RUNBOOK_TOKEN_DIRECTORY, 'shop-db-admin'), `${shop.admin}\n`, { mode: 0o600 });
    const [old, before] = [await shop.readSecret(), shop.counts()];
    heading('6. The password is replaced: shop_b takes its turn, and shop_a is dead when nobody needs it any more');
    const asked = ['rotate', ...runbook, '--requester', 'alice', '--set', 'GRACE=3s'];
    const record = await playApproved(cli, { run, asked, comment: 'ninety days are over' });
    const after = shop.counts();
    heading('7. Somebody has kept the old password, and somebody asks how credentials stand');
    const oldRefused = await tryLogin(shop, old);
    say(`${colours.dim(`mallory$ psql -U ${old.user}`)}\n  ${oldRefused ?? colours.red('let in')}`);
    const listed = ['credentials', ...runbook];
    typed('bob', listed);
    await cli.show(...listed);
    const [credential] = (await cli.read<CredentialStatus[]>(...listed)) ?? [];
    if (!credential) throw new StackError('runbook credentials: expected one credential, found none');
    return {
      ...{ record, oldRefused, credential, queriesPerSecond, ui: TEMPORAL_UI_URL },
      queries: { queries: after.queries - before.queries, failures: after.failures - before.failures },
    };
  } finally {
    await shop.leave();
  }
}

/** Whether nobody was refused, the old password is dead, and all of it is proven. */
export function rotationAsPromised({ record, queries, oldRefused, credential }: RotationResult): boolean {
  const { outcome, rotation } = record;
  const isProven = outcome?.name === 'succeeded' && rotation?.provedAt !== undefined && credential.debts.length === 0;
  return isProven && queries.failures === 0 && queries.queries > 0 && oldRefused !== undefined;
}
