import { RunbookError } from '../core/errors.js';
import type { Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import type { Beat } from '../runbooks/beat.js';
import { launchInPod } from '../systems/sources/postgres/launch-in-pod.js';
import { Session } from '../systems/sources/postgres/session.js';
import { launchAt } from '../systems/sources/postgres/source.js';
import { readToken } from '../systems/token-file.js';
import { beating } from './beating.js';
import { clusterOf, type SourceParts } from './sources.js';

/** A week of minutes. */
const keptRows = 10_000;

const sql = `set client_min_messages = warning;
create table if not exists public.runbook_canary (at timestamptz primary key);
insert into public.runbook_canary values (clock_timestamp()) on conflict do nothing;
delete from public.runbook_canary where at <= (select at from public.runbook_canary order by at desc offset ${keptRows} limit 1);
select max(at) from public.runbook_canary`;

/** The activities that write the time into what is backed up: what comes back of it says how much was lost. */
export function createMarkingActivities({ tokens, api }: SourceParts) {
  return beating({
    /** Says which servers are marked. Reaches none of them. */
    planBeat({ runbook }: { runbook: Beat }): Promise<{ plan: Plan }> {
      const plan: Omit<Plan, 'hash'> = {
        kind: 'beat',
        subject: `${runbook.service} in ${runbook.environment}`,
        changes: markedSources(runbook).flatMap((source) =>
          databasesOf(runbook, source).map((name) => ({
            what: `runbook_canary in ${source.name}/${name}`,
            from: 'the minute before',
            to: 'the time of the server',
          })),
        ),
        wayBack: 'none is needed: the table is of this program alone',
        notes: [],
      };
      return Promise.resolve({ plan: { ...plan, hash: hashPlan(plan) } });
    },

    /** Writes the server's own time into the table of one source's databases, and keeps the last 10,000 rows. */
    async markRows({ runbook, source }: { runbook: Beat; source: string }): Promise<string> {
      const spec = markedSources(runbook).find(({ name }) => name === source);
      if (!spec)
        throw new RunbookError('InvalidRequest', `source ${source}: expected one of PostgreSQL in the runbook`);
      const launch = await launchOf(spec);
      const newest: string[] = [];
      for (const database of databasesOf(runbook, spec)) {
        const session = await Session.open(launch, database);
        try {
          newest.push(await session.run(sql));
        } finally {
          await session.close();
        }
      }
      return newest.join(', ');
    },
  });

  async function launchOf({ name, connection = '', in: pod }: MarkedSource) {
    if (pod) return launchInPod(clusterOf(name, api), pod);
    return launchAt(connection, await readToken(tokens, connection));
  }
}

type MarkedSource = Extract<Beat['backup']['sources'][number], { kind: 'postgres' }>;

function markedSources({ backup }: Beat): MarkedSource[] {
  return backup.sources.filter((source): source is MarkedSource => source.kind === 'postgres');
}

function databasesOf({ databases }: Beat, source: MarkedSource): string[] {
  return databases ?? source.databases ?? ['postgres'];
}
