import { describe, expect, test } from '@jest/globals';
import { approvalsAt, openGate, votesByGate, whyNot } from '../../../client/console/run/approvals.js';
import { newsBetween } from '../../../client/console/run/news.js';
import { en } from '../../../client/console/words/en.js';
import { actingRecord, bobsVote, gate, refusedVote, waitingRecord } from '../records.js';

const counted = { ...bobsVote, gate: 1 };
const sender = (name: string, roles: string[] = []) => ({ name, via: 'company', groups: [], roles });
const allowed = { allowed: true, why: 'rule 1' };

describe('whether somebody may vote', () => {
  const record = waitingRecord({ votes: [counted] });
  const ask = (name: string, verdict: 'approve' | 'reject', may = allowed) =>
    whyNot(verdict, { record, gate, me: sender(name), may });

  test('an approver who has not voted yet may', () => {
    expect([ask('alice', 'approve'), ask('alice', 'reject')]).toEqual([undefined, undefined]);
  });

  test('whoever asked may only reject, whoever has voted nothing more, and a stranger nothing', () => {
    expect(ask('carol', 'approve')).toContain('four eyes');
    expect(ask('carol', 'reject')).toBeUndefined();
    expect(ask('bob', 'approve')).toContain('has voted already');
    expect(ask('mallory', 'reject')).toContain('not one of the approvers');
  });

  test('what the access file forbids is said first', () => {
    expect(ask('alice', 'approve', { allowed: false, why: 'no rule' })).toBe('no rule');
  });

  test('a role is a membership', () => {
    const rule = { ...gate.rule, approvers: ['role:releasers'] };
    const me = sender('dave', ['releasers']);

    expect(whyNot('approve', { record, gate: { ...gate, rule }, me, may: allowed })).toBeUndefined();
  });
});

test('only votes that count at this gate are counted', () => {
  const votes = [counted, refusedVote, { ...counted, by: 'alice', gate: 2 }];

  expect(approvalsAt(waitingRecord({ votes }), gate)).toBe(1);
});

test('each vote is shown at the gate that it was for', () => {
  const lapsed = { ...gate, decision: 'lapsed' as const, decidedAt: '2026-11-21T08:32:30Z' };
  const record = { gates: [lapsed, { ...gate, attempt: 2 }], votes: [bobsVote, refusedVote] };

  expect(votesByGate(record).gates.map(({ votes }) => votes)).toEqual([[bobsVote], [refusedVote]]);
});

test('a run that has ended has no open gate, whatever its gates say', () => {
  expect([openGate(waitingRecord()), openGate(waitingRecord({ phase: 'finished' }))]).toEqual([gate, undefined]);
});

test('news say what has changed, once', () => {
  const before = waitingRecord();
  const now = actingRecord({ votes: [...before.votes, { ...counted, by: 'alice' }] });

  expect(newsBetween(before, before, en)).toEqual([]);
  expect(newsBetween(before, now, en)).toEqual([
    'watch the rollout: running',
    'alice: approved',
    'Gate: approved',
    'running',
  ]);
});
