import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countedVotes, decide, malformedVote, refusal, type Ballot } from '../../policies/approval.js';
import { trustLevels, type GateRule, type RecordedVote, type Requester, type Vote } from '../../core/record.js';

const plan = '3f9c2a4b5d6e7f8091a2b3c4d5e6f708';
const alice: Requester = { name: 'alice', trust: 'claimed' };

const rule: GateRule = {
  approvals: 1,
  approvers: ['bob', 'carol'],
  fourEyes: true,
  minimumTrust: 'claimed',
  expiresAfterSeconds: 86_400,
  onExpiry: 'reject',
};

const vote: Vote = { by: 'bob', verdict: 'approve', plan: '3f9c2a' };

function refusalOf(
  changes: { vote?: Partial<Vote>; trust?: Ballot['trust']; rule?: Partial<GateRule> },
  earlier: Vote[] = [],
): string | undefined {
  const ballot: Ballot = { vote: { ...vote, ...changes.vote }, trust: changes.trust ?? 'claimed' };
  return refusal(ballot, { plan, rule: { ...rule, ...changes.rule } }, alice, earlier);
}

describe('a vote that counts', () => {
  test.each<[string, Parameters<typeof refusalOf>[0]]>([
    ['an approver’s, with six digits of the plan', {}],
    ['an approver’s, with the whole hash', { vote: { plan } }],
    ['anybody’s where no approvers are named', { vote: { by: 'mallory' }, rule: { approvers: [] } }],
    [
      'the requester’s approval where four eyes are not asked for',
      { vote: { by: 'alice' }, rule: { approvers: [], fourEyes: false } },
    ],
    [
      'the requester’s rejection, four eyes or not',
      { vote: { by: 'alice', verdict: 'reject' }, rule: { approvers: [] } },
    ],
    ['the requester’s rejection, approver or not', { vote: { by: 'alice', verdict: 'reject' } }],
    ['one of more trust than is asked for', { trust: 'principal', rule: { minimumTrust: 'signed' } }],
    ['one of just the trust that is asked for', { trust: 'signed', rule: { minimumTrust: 'signed' } }],
  ])('%s', (_, changes) => {
    expect(refusalOf(changes)).toBeUndefined();
  });
});

describe('a vote that is refused, with the reason', () => {
  test.each<[string, Parameters<typeof refusalOf>[0], string]>([
    ['for another plan', { vote: { plan: 'abcdef' } }, 'voted on plan abcdef, but the gate is for plan 3f9c2a4b5d6e'],
    ['for a plan that only continues like this one', { vote: { plan: `${plan}0` } }, 'the gate is for plan'],
    ['by somebody who is no approver', { vote: { by: 'mallory' } }, 'mallory is not one of the approvers (bob, carol)'],
    ['a stranger’s rejection', { vote: { by: 'mallory', verdict: 'reject' } }, 'not one of the approvers'],
    ['the requester’s approval', { vote: { by: 'alice' }, rule: { approvers: [] } }, 'four eyes are needed'],
    [
      'the requester’s approval, though an approver',
      { vote: { by: 'alice' }, rule: { approvers: ['alice', 'bob'] } },
      'four eyes are needed',
    ],
    [
      'with a name that is only said',
      { rule: { minimumTrust: 'signed' } },
      'only claimed, and the gate asks for signed',
    ],
    [
      'signed where Temporal itself must know the voter',
      { trust: 'signed', rule: { minimumTrust: 'principal' } },
      'only signed, and the gate asks for principal',
    ],
  ])('%s', (_, changes, reason) => {
    expect(refusalOf(changes)).toContain(reason);
  });

  test.each<[string, Vote['verdict'], Vote['verdict']]>([
    ['a second approval', 'approve', 'approve'],
    ['a rejection after an approval', 'approve', 'reject'],
  ])('a second one of the same person: %s', (_, first, second) => {
    expect(refusalOf({ vote: { verdict: second } }, [{ ...vote, verdict: first }])).toBe('bob has voted already');
  });
});

describe('a vote that no gate could take', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['without a name', { by: undefined }, 'expected "by"'],
    ['with a blank name', { by: '  ' }, 'expected "by"'],
    ['with a name that only looks like another one', { by: 'bob ' }, 'without spaces around it'],
    ['with a name that breaks the line', { by: 'bob\nx' }, 'control characters'],
    ['with a number for a name', { by: 7 }, 'expected "by"'],
    ['without a verdict', { verdict: undefined }, 'expected "verdict"'],
    ['with a verdict in capitals', { verdict: 'Approve' }, 'expected "verdict": approve or reject, found "Approve"'],
    ['without a plan', { plan: undefined }, 'found nothing'],
    ['with five digits of the plan', { plan: '3f9c2' }, 'at least 6 digits of the plan’s hash, found "3f9c2"'],
    ['with an empty plan, which every hash starts with', { plan: '' }, 'expected "plan"'],
    ['with a plan that is no hash', { plan: '3f9c2g' }, 'expected "plan"'],
    ['with a comment that is no text', { comment: {} }, 'expected "comment"'],
    ['with a comment without end', { comment: 'x'.repeat(2001) }, 'at most 2000 characters'],
  ])('%s', (_, changes, reason) => {
    expect(malformedVote({ ...vote, ...changes })).toContain(reason);
  });

  test('none of these: it is well formed', () => {
    expect(malformedVote({ ...vote, comment: 'x'.repeat(2000) })).toBeUndefined();
  });
});

describe('what the votes decide', () => {
  const approvals = (...names: string[]): Vote[] => names.map((by) => ({ ...vote, by }));

  test.each<[string, number, Vote[], ReturnType<typeof decide>]>([
    ['nothing without votes', 1, [], undefined],
    ['nothing with 1 of 2 approvals', 2, approvals('bob'), undefined],
    ['approval with 2 of 2', 2, approvals('bob', 'carol'), 'approved'],
    ['approval with one more than is needed', 1, approvals('bob', 'carol'), 'approved'],
    [
      'rejection by one of many',
      2,
      [...approvals('bob', 'carol'), { ...vote, by: 'dave', verdict: 'reject' }],
      'rejected',
    ],
    ['nothing by words that are no verdict', 1, [{ ...vote, verdict: 'Approve' as never }], undefined],
  ])('%s', (_, needed, votes, decision) => {
    expect(decide({ ...rule, approvals: needed }, votes)).toBe(decision);
  });

  test('refused votes and those for another plan are not among those that count', () => {
    const recorded = (changes: Partial<RecordedVote>): RecordedVote => ({
      ...vote,
      at: '2026-11-21T09:00:00Z',
      trust: 'claimed',
      via: 'update',
      ...changes,
    });
    const votes = [
      recorded({}),
      recorded({ by: 'mallory', refused: 'no approver' }),
      recorded({ by: 'dave', plan: 'abcdef' }),
    ];

    expect(countedVotes(votes, plan).map(({ by }) => by)).toEqual(['bob']);
  });
});

test('whatever is voted, nothing is approved with fewer than N people, or by the requester', () => {
  const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'mallory'];
  const ballots = fc.array(
    fc.record({
      vote: fc.record({
        by: fc.constantFrom(...names),
        verdict: fc.constantFrom('approve', 'approve', 'approve', 'Approve', '', undefined) as fc.Arbitrary<
          Vote['verdict']
        >,
        plan: fc.constantFrom(plan, '3f9c2a', '3f9c2a4b', 'abcdef', '', '3'),
      }),
      trust: fc.constantFrom(...trustLevels),
    }),
    { maxLength: 30 },
  );
  const rules = fc.record({
    approvals: fc.integer({ min: 1, max: 4 }),
    approvers: fc.subarray(names),
    minimumTrust: fc.constantFrom(...trustLevels),
  });

  fc.assert(
    fc.property(ballots, rules, (given, asked) => {
      const gate = { plan, rule: { ...rule, ...asked } };
      const counted: Vote[] = [];
      for (const ballot of given) {
        const reason = malformedVote(ballot.vote) ?? refusal(ballot, gate, alice, counted);
        if (reason === undefined) counted.push(ballot.vote);
      }
      const entitled = given.filter(
        ({ vote: { by, verdict, plan: voted }, trust }) =>
          by !== 'alice' &&
          (asked.approvers.length === 0 || asked.approvers.includes(by)) &&
          trustLevels.indexOf(trust) >= trustLevels.indexOf(asked.minimumTrust) &&
          verdict === 'approve' &&
          voted.startsWith('3f9c2a'),
      );
      const people = new Set(entitled.map(({ vote: { by } }) => by));

      expect(counted.map(({ by }) => by).sort()).toEqual([...people].sort());
      expect(decide(gate.rule, counted)).toBe(people.size >= asked.approvals ? 'approved' : undefined);
    }),
    { numRuns: 500 },
  );
});
