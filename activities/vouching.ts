import type { Client } from '@temporalio/client';
import type { Identity } from '../core/access.js';
import { messageOf, RunbookError } from '../core/errors.js';
import type { RecordedVote, RunKind, TrustLevel, Vote } from '../core/record.js';
import { hashOfStart, readStatement, type PublicKey, type VoteStatement } from '../core/statement.js';
import { mayDo, rolesOf, type Rules } from '../policies/access.js';
import { isSameName } from '../policies/approval.js';
import { readSender } from './read-sender.js';

/** The part of an access file that a worker needs. */
export interface WorkersAccess extends Rules {
  people: Array<{ name: string; ids: Record<string, string> }>;
  voteKeys: PublicKey[];
}
export type AccessReader = () => Promise<WorkersAccess>;

/** The run whose gate somebody votes at. */
interface VotedRun {
  workflowId: string;
  runId: string;
  kind: RunKind;
  environment: string;
  service: string;
}

/** A vote that says that the API has signed it, and where it was cast. */
export interface SignedBallot extends VotedRun {
  vote: Vote;
  attempt: number;
}

/** A vote that came as a signal: the how manyth of its run. */
export interface SignalledBallot extends VotedRun {
  by: string;
  count: number;
}

/** Votes that have counted at a gate that is about to open. */
export interface CountedBallots extends Omit<VotedRun, 'workflowId' | 'runId'> {
  votes: Array<Required<Pick<RecordedVote, 'by' | 'provenBy' | 'memberOf'>>>;
}

/** Who says to have asked for a run. */
export interface SignedRequest {
  token: string;
  by: string;
  workflowId: string;
  /** When Temporal started it, ISO 8601. */
  startedAt: string;
  input: object;
}

/** How far it is proven; why: it must not count. */
export interface ProvenVote {
  trust: TrustLevel;
  provenBy?: string;
  memberOf?: string[];
  why?: string;
}

const noAccess = 'the worker has no access file (RUNBOOK_ACCESS), so it can prove nobody’s name';

/** Who has voted, or asked for a run, and may they? */
export function createVouchingActivities(client: () => Client, readAccess?: AccessReader) {
  return {
    /** Checks what the API has signed against the vote that came with it, and whether its author may vote here now. */
    async proveVote(ballot: SignedBallot): Promise<ProvenVote> {
      if (!readAccess) return { trust: 'claimed', why: noAccess };
      const access = await readAccess();
      const said = await refusable(() => readStatement('vote', ballot.vote.token ?? '', access.voteKeys, new Date()));
      if (typeof said === 'string') return { trust: 'claimed', why: said };
      const other = findOther(said, ballot);
      if (other !== undefined) return { trust: 'claimed', why: `the signature is for another ${other}` };
      return permit(access, said.by, ballot, 'signed');
    },

    /** Looks up whom Temporal has let in with a signal, and whether they may vote here now. */
    async proveSignal(ballot: SignalledBallot): Promise<ProvenVote> {
      const { by } = ballot;
      const sender = await readSender(client(), ballot);
      if (!sender) return { trust: 'claimed' };
      if (!readAccess) return { trust: 'claimed', why: noAccess };
      const access = await readAccess();
      const person = access.people.find(({ ids }) => ids['temporal'] === sender);
      const found = person?.name ?? `${sender}, who is nobody of the access file`;
      if (!person || !isSameName(person.name, by))
        return { trust: 'claimed', why: `it says ${by}, but Temporal knows its sender as ${found}` };
      return permit(access, { name: person.name, via: 'temporal', groups: [] }, ballot, 'principal');
    },

    /** Whether those whose votes have counted may still vote here: of each why not, or null. */
    async proveAgain({ votes, ...run }: CountedBallots): Promise<Array<string | null>> {
      if (!readAccess) return votes.map(() => noAccess);
      const access = await readAccess();
      return votes.map(({ by, provenBy, memberOf }) => {
        const groups = memberOf.flatMap((each) => (each.startsWith('group:') ? [each.slice('group:'.length)] : []));
        const now = permit(access, { name: by, via: provenBy, groups }, run, 'signed');
        const left = memberOf.find((each) => !now.memberOf?.includes(each));
        return now.why ?? (left === undefined ? null : `${by} is not in ${left} any more`);
      });
    },

    /** Checks that somebody has asked for exactly this run, just before it was started. */
    async proveRequester(request: SignedRequest): Promise<{ proven: true } | { proven: false; why: string }> {
      if (!readAccess) return { proven: false, why: noAccess };
      const { voteKeys } = await readAccess();
      const { token, by, workflowId, startedAt, input } = request;
      const said = await refusable(() => readStatement('start', token, voteKeys, new Date(startedAt)));
      if (typeof said === 'string') return { proven: false, why: said };
      const same = said.by.name === by && said.workflowId === workflowId && said.input === hashOfStart(input);
      return same ? { proven: true } : { proven: false, why: 'the signature is for another run' };
    },
  };
}

/** A vote of somebody whose name is proven: it counts where a rule lets them approve. */
function permit(
  access: WorkersAccess,
  identity: Identity,
  { kind, environment, service }: Pick<VotedRun, 'kind' | 'environment' | 'service'>,
  trust: ProvenVote['trust'],
): ProvenVote {
  const proven = { trust, provenBy: identity.via, memberOf: membershipsOf(access, identity) };
  const permitted = mayDo(access, identity, { verb: 'approve', kind, environment, service });
  return permitted.allowed ? proven : { ...proven, why: permitted.why };
}

/** The statement, or why there is none. */
async function refusable<T>(read: () => Promise<T>): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'Refused') return messageOf(error);
    throw error;
  }
}

/** The first thing in which what was signed differs from what came. */
function findOther(said: VoteStatement, { vote, workflowId, runId, attempt }: SignedBallot): string | undefined {
  const pairs: Array<[what: string, signed: unknown, came: unknown]> = [
    ['voter', said.by.name, vote.by],
    ['verdict', said.verdict, vote.verdict],
    ['plan', said.plan, vote.plan],
    ['comment', said.comment ?? '', vote.comment ?? ''],
    ['run', `${said.workflowId} ${said.runId}`, `${workflowId} ${runId}`],
    ['attempt of the gate', said.attempt, attempt],
  ];
  return pairs.find(([, signed, came]) => signed !== came)?.[0];
}

/** As an environment's approvers name them. */
function membershipsOf(access: WorkersAccess, identity: Identity): string[] {
  return [
    ...rolesOf(access, identity).map((role) => `role:${role}`),
    ...identity.groups.map((group) => `group:${group}`),
  ];
}
