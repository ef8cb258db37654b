import type { RecordedVote, RunRecord } from '../../../core/record.js';
import type { Permitted, SeenRun } from '../answers.js';
import { ask, order, pathOfRun, Refusal } from '../ask.js';
import { h } from '../dom.js';
import { logIn } from '../logging-in.js';
import type { Page, Stage } from '../page.js';
import { explain, notice, told } from '../parts.js';
import type { Tone } from '../tone.js';
import { openGate } from './approvals.js';
import { drawHead, drawOddities, drawOutcome, drawStory } from './draw-run.js';
import { followRun } from './follow.js';
import { drawGatePanel, type ReadPlan } from './gate-panel.js';
import { newsBetween } from './news.js';
import { drawOrders, drawQuestion, type Order } from './orders.js';

const verbs = ['approve', 'decide', 'abort'] as const;
type Verb = (typeof verbs)[number];

const unknownYet: Permitted = { allowed: false, why: '' };
const tickMs = 1000;

/** One run: live, with what whoever looks may decide about it. */
class RunPage implements Page {
  private seen: SeenRun | undefined;
  private problem: unknown;
  private may: Partial<Record<Verb, Permitted>> = {};
  private read: ReadPlan | undefined;
  private comment = '';
  private hasAsked = false;
  private isSending = false;
  private said: { tone: Tone; text: string; detail?: string } | undefined;
  private readonly leave: () => void;
  private readonly ticking: number;

  constructor(
    private readonly stage: Stage,
    private readonly workflowId: string,
    runId: string | undefined,
  ) {
    this.redraw();
    this.leave = followRun(workflowId, runId, {
      onSeen: (seen) => this.take(seen),
      onTrouble: (problem) => {
        if (!this.seen && problem instanceof Refusal && problem.status === 401) logIn();
        this.problem = problem;
        this.redraw();
      },
    });
    // What goes on takes longer by the second.
    this.ticking = window.setInterval(() => {
      if (this.seen && !this.seen.record.outcome && !document.hidden) this.redraw();
    }, tickMs);
  }

  close(): void {
    this.leave();
    window.clearInterval(this.ticking);
  }

  private take(seen: SeenRun): void {
    const { record } = seen;
    const before = this.seen?.record.runId === record.runId ? this.seen.record : undefined;
    if (before) this.stage.announce(newsBetween(before, record, this.stage.words).join('. '));
    // A newer run has taken the place of the one that was looked at: what was read and said belongs to that one.
    else this.read = this.said = undefined;
    // How a run has ended says more than that an order was taken.
    if (record.outcome && this.said?.tone === 'good') this.said = undefined;
    this.seen = seen;
    this.problem = undefined;
    this.readFirst(record);
    void this.askWhatIsAllowed(record);
    this.redraw();
  }

  /** What is read first stays until somebody asks for another. */
  private readFirst(record: RunRecord): void {
    const gate = openGate(record);
    if (!gate || record.plan?.hash !== gate.plan) return;
    // The same plan at another gate is not another plan.
    if (!this.read || this.read.plan.hash === gate.plan) this.read = { attempt: gate.attempt, plan: record.plan };
  }

  private readNew(): void {
    const record = this.seen?.record;
    const gate = record && openGate(record);
    if (gate && record.plan) this.read = { attempt: gate.attempt, plan: record.plan };
    this.said = undefined;
    this.redraw();
  }

  /** Asks once; where nobody answers, again when the run is seen the next time. */
  private async askWhatIsAllowed({ kind, environment, service }: RunRecord): Promise<void> {
    if (this.hasAsked) return;
    this.hasAsked = true;
    const answers = verbs.map(async (verb): Promise<[Verb, Permitted]> => {
      return [verb, await ask<Permitted>('/v1/can-i', { verb, kind, environment, service })];
    });
    try {
      this.may = Object.fromEntries(await Promise.all(answers));
      this.redraw();
    } catch {
      this.hasAsked = false;
    }
  }

  /** Sends what somebody has decided; what came of it is said, also where nobody can tell. */
  private async send<Answer>(path: string, body: object, done: string): Promise<Answer | undefined> {
    const { words, announce } = this.stage;
    let answer: Answer | undefined;
    this.isSending = true;
    this.said = undefined;
    this.redraw();
    try {
      // The run that is on the screen is meant, and none that has come in its place.
      const query = new URLSearchParams({ runId: this.seen?.record.runId ?? '' });
      answer = await order<Answer>(`${pathOfRun(this.workflowId)}/${path}?${query.toString()}`, body);
      this.said = { tone: 'good', text: done };
      this.comment = '';
    } catch (error) {
      const { status, message } = error instanceof Refusal ? error : new Refusal(0, '');
      if (status === 401) this.problem = error;
      else if (status === 0) this.said = { tone: 'warn', text: words.confirm.unknown };
      else this.said = { tone: 'bad', text: words.confirm.refused, detail: message };
    }
    this.isSending = false;
    if (this.said) announce([this.said.text, this.said.detail].filter(Boolean).join(' '));
    this.redraw();
    return answer;
  }

  private async vote(verdict: 'approve' | 'reject', plan: string): Promise<void> {
    const comment = this.comment.trim();
    const ballot = { verdict, plan, ...(comment !== '' && { comment }) };
    const vote = await this.send<RecordedVote>('votes', ballot, this.stage.words.gate.counted[verdict]);
    // The record with it is on its way; until then nobody is to vote a second time.
    const record = this.seen?.record;
    if (!vote || !record || record.votes.some(({ by, at }) => by === vote.by && at === vote.at)) return;
    this.seen = { withoutWorker: false, record: { ...record, votes: [...record.votes, vote] } };
    this.redraw();
  }

  redraw(): void {
    const { stage, seen, workflowId } = this;
    const title = seen
      ? `${stage.words.kinds[seen.record.kind]} ${seen.record.service} · ${seen.record.environment}`
      : workflowId;
    stage.show({ title, nodes: this.draw().filter((node) => node !== undefined) });
  }

  private draw(): Array<Node | undefined> {
    const { stage, seen, problem, said } = this;
    const troubles = problem === undefined ? [] : [explain(problem, stage)];
    if (!seen)
      return [...troubles, problem === undefined ? h('p', { class: 'soft' }, stage.words.shell.loading) : undefined];
    const { record, withoutWorker } = seen;
    const { approve, decide = unknownYet, abort = unknownYet } = this.may;
    const { isSending, read, comment } = this;
    const now = Date.now();
    const orders = { record, mayDecide: decide, mayAbort: abort, isSending };
    const give = ({ path, body, said: done }: Order) => void this.send(path, body, done);
    const gate = drawGatePanel({ record, may: approve, read, comment, isSending }, stage, {
      write: (text) => (this.comment = text),
      readNew: () => this.readNew(),
      vote: (verdict, plan) => void this.vote(verdict, plan),
    });
    const answer =
      said && notice(said.tone, h('p', {}, said.text), said.detail !== undefined && h('p', {}, told(said.detail)));
    const rest = drawStory(record, stage, now);
    return [
      ...troubles,
      drawHead(record, drawOrders(orders, stage, give), stage, now),
      ...drawOddities(record, withoutWorker, stage),
      drawOutcome(record, stage),
      answer,
      gate,
      drawQuestion(orders, stage, give),
      ...rest.filter((node) => node instanceof Node),
    ];
  }
}

/** Opens the page of a run. */
export function openRun(stage: Stage, workflowId: string, runId: string | undefined): Page {
  return new RunPage(stage, workflowId, runId);
}
