import colours from 'picocolors';
import type { RunRecord } from '../../core/record.js';
import type { Stack } from '../index.js';
import { StackError } from '../stack-error.js';
import { untilWaiting } from './approved-run.js';
import type { People, Person } from './people.js';
import type { Cli } from './runbook.js';
import { openShop } from './shop.js';
import { heading, say } from './terminal.js';

const namespace = 'shop';
const run = 'deploy/prod/web';

/** What the API has shown: who was refused with which words, and whose vote counted. */
export interface OverHttpResult {
  record: RunRecord;
  withoutToken: string;
  ownVote: string;
  console: string;
  /** The file with the token by which bob may look at the console. */
  token: string;
}

interface Answer {
  status: number;
  body: { detail?: string; workflowId?: string };
}

/** The API as somebody asks it. */
export interface ServedApi {
  address: string;
  people: People;
}

/** Asks so that everybody sees it, as `curl` would. */
async function ask(
  { address, people }: ServedApi,
  who: Person | undefined,
  path: string,
  body: object,
): Promise<Answer> {
  const name = `${who ?? 'nobody'}$`.padEnd(6);
  const token = who ? ` -H @token-of-${who}` : '';
  const text = JSON.stringify(body);
  say(colours.dim(`${name} curl${token} ${path} --json '${text}'`));
  const response = await fetch(`${address}${path}`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...(who && { authorization: `Bearer ${people.tokens[who]}` }) },
    signal: AbortSignal.timeout(30_000),
  });
  const { status } = response;
  const said = (await response.json()) as Answer['body'];
  const answer = `  ${status} ${said.detail ?? said.workflowId ?? 'counted'}`;
  say(status < 400 ? answer : colours.yellow(answer));
  return { status, body: said };
}

/** The fourth part: a release over HTTP, where a name is proven and not only said. */
export async function playOverHttp({ environment }: Stack, cli: Cli, api: ServedApi): Promise<OverHttpResult> {
  heading('A shop, once more: storefront 1.4.0; a web console and an HTTP API before it');
  await openShop(environment.KUBECONFIG, namespace);
  heading('8. Alice, known by her token, starts a release; who approves must be known as well, and be somebody else');
  const values = { TAG: '1.5.0', GATEWAY_URL: environment.GATEWAY_URL };
  const asked = { runbook: 'deploy.yaml', environment: 'prod', values, reason: 'change 43 reviewed' };
  const withoutToken = await ask(api, undefined, '/v1/runs', asked);
  const started = await ask(api, 'alice', '/v1/runs', asked);
  if (started.status !== 201) throw new StackError(`${run}: expected the API to start it, found ${started.status}`);
  const plan = (await untilWaiting(cli, run)).plan?.hash.slice(0, 12);
  const votes = `/v1/runs/${run}/votes`;
  const ownVote = await ask(api, 'alice', votes, { verdict: 'approve', plan });
  await ask(api, 'bob', votes, { verdict: 'approve', plan, comment: 'from my phone' });
  await cli.show('watch', run);
  const record = await cli.recordOf(run);
  return {
    record,
    withoutToken: `${withoutToken.status} ${withoutToken.body.detail ?? ''}`,
    ownVote: `${ownVote.status} ${ownVote.body.detail ?? ''}`,
    console: `${api.address}/`,
    token: api.people.tokenFiles.bob,
  };
}

/** Whether the release is out by a proven vote of somebody else, and the others were refused. */
export function overHttpAsPromised({ record, withoutToken, ownVote }: OverHttpResult): boolean {
  const counted = record.votes.filter(({ refused }) => refused === undefined);
  const isBobs = counted.length === 1 && counted[0]?.by === 'bob' && counted[0].trust === 'signed';
  return record.outcome?.name === 'succeeded' && isBobs && withoutToken.startsWith('401') && ownVote.startsWith('4');
}
