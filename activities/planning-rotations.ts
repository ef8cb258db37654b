import type { CredentialStatus, RotationReason } from '../core/credential.js';
import type { WorkflowReader } from '../core/past-releases.js';
import type { Calendar } from '../core/permission.js';
import type { Change, Plan } from '../core/record.js';
import { owedSince } from '../policies/credential-debts.js';
import { describeFreeze, frozenAt } from '../policies/freeze.js';
import { hashPlan } from '../policies/plan-hash.js';
import { planTurns, type Turn } from '../policies/rotation-calendar.js';
import { shown } from './rotation-parts.js';

/** A night's plan, and what becomes of each credential in it. */
export interface PlannedNight {
  plan: Plan;
  turns: Array<Turn & { reason: RotationReason }>;
}

/** A campaign's plan, and the credentials that are still owed. */
export interface PlannedOffboarding {
  plan: Plan;
  owed: string[];
}

interface Night {
  service: string;
  environment: string;
  statuses: CredentialStatus[];
  calendar?: Calendar;
  /** Of the runs of the inventory. */
  workflowId: string;
}

/** More nights than anybody asks about. */
const mostRuns = 400;

const wayBack = 'each goes back by itself as long as its old one lives; what is proven stays replaced';

/** The activities that say which credentials are to be replaced. Time zones are looked up here: their data differ between machines. */
export function createPlanningRotationsActivities(workflows: () => WorkflowReader) {
  return {
    /** Whose turn it is tonight, and why all others wait. */
    async planNight({ service, environment, statuses, calendar, workflowId }: Night): Promise<PlannedNight> {
      const known = statuses.filter(({ unread }) => !unread);
      const owed = new Map(known.map((each) => [each.credential, owedSince(each)]));
      const aging = known.map((each) => {
        const since = owed.get(each.credential);
        return { ...each, ...(since !== undefined && { owedSince: since }) };
      });
      const frozen = (at: Date) => {
        const freeze = calendar && frozenAt(calendar, at);
        return freeze && describeFreeze(freeze);
      };
      const turns = planTurns(aging, { tonight: new Date(), frozen, ran: await readRuns(workflowId) });
      const reasonOf = ({ credential }: Turn) => (owed.get(credential) === undefined ? 'scheduled' : 'offboarding');
      const plan = {
        kind: 'credentials' as const,
        subject: `credentials of ${service} in ${environment}`,
        changes: turns.flatMap((turn) => (turn.tonight ? [changeOf(turn.credential, known)] : [])),
        wayBack,
        notes: [...turns.flatMap(noteOn), ...statuses.filter(({ unread }) => unread).map(noteUnread)],
      };
      return {
        plan: { ...plan, hash: hashPlan(plan) },
        turns: turns.map((turn) => ({ ...turn, reason: reasonOf(turn) })),
      };
    },

    /** What is owed since somebody has left. One that could not be read is tried all the same: nobody knows that it is not. */
    async planOffboarding(given: {
      person: string;
      environment: string;
      at: string;
      statuses: CredentialStatus[];
    }): Promise<PlannedOffboarding> {
      const { person, environment, at, statuses } = given;
      const isOwed = ({ unread, exposures }: CredentialStatus) =>
        unread === true || exposures.some((each) => each.person === person);
      const owed = statuses.filter(isOwed).map(({ credential }) => credential);
      const paid = statuses.filter((each) => !isOwed(each)).map(({ credential }) => credential);
      const plan = {
        kind: 'offboarding' as const,
        subject: `everything that ${person} could know in ${environment}, since ${at}`,
        changes: owed.map((credential) => changeOf(credential, statuses)),
        wayBack,
        notes: [
          ...(paid.length > 0 ? [`replaced and proven since: ${paid.join(', ')}`] : []),
          ...statuses.filter(({ unread }) => unread).map(noteUnread),
        ],
      };
      return Promise.resolve({ plan: { ...plan, hash: hashPlan(plan) }, owed });
    },
  };

  /** When the nights before were looked at, as far as Temporal remembers. */
  async function readRuns(workflowId: string): Promise<Date[]> {
    const found: Date[] = [];
    for await (const { startTime } of workflows().list({ query: `WorkflowId = '${workflowId}'` })) {
      found.push(startTime);
      if (found.length >= mostRuns) break;
    }
    return found;
  }
}

function changeOf(credential: string, statuses: readonly CredentialStatus[]): Change {
  const status = statuses.find((each) => each.credential === credential);
  const from = status?.current ? shown(status.current) : 'unknown';
  return { what: `credential ${credential} of ${status?.service ?? ''}`, from, to: 'replaced, and the old one dead' };
}

/** What people should know of a turn: what waits though it is wanted, and what is late. */
function noteOn({ credential, tonight, held, why, at, missed }: Turn): string[] {
  const when = at === undefined ? 'no night within a year is free' : `its turn is on ${at.slice(0, 10)}`;
  return [
    ...(tonight ? [`${credential}: ${why}`] : []),
    ...(held ? [`${credential} waits: ${why}; ${when}`] : []),
    ...missed.map((each) => `${credential} missed ${describeMissed(each)}: ${each.why}`),
  ];
}

function describeMissed({ at, nights }: Turn['missed'][number]): string {
  const night = at.slice(0, 10);
  return nights === 1 ? `the night of ${night}` : `${nights} nights from ${night}`;
}

function noteUnread({ credential, debts }: CredentialStatus): string {
  return `${credential}: ${debts.join('; ')}`;
}
