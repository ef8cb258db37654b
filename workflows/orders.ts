import { setHandler } from '@temporalio/workflow';
import { failure } from './failures.js';
import {
  abortUpdate,
  chooseUpdate,
  decideSignal,
  overtakeUpdate,
  promoteUpdate,
  type AbortRequest,
  type Choice,
  type Overtaking,
  type Promotion,
} from './messages.js';
import type { Run } from './run.js';

/** What people have ordered of a run from outside that ends it before its time. */
export interface Orders {
  abort?: AbortRequest;
  overtaking?: Overtaking;
}

/** Who orders must be named: it goes into the record. */
function refuseNameless({ by }: { by: string }, what: string): void {
  if (by === '') throw failure('Refused', `expected "by": who ${what}, found nothing`);
}

function refuseEnded({ record: { phase } }: Run): void {
  if (phase === 'undoing' || phase === 'finished') throw failure('Refused', `the run is ${phase} already`);
}

/** What somebody has typed into the Temporal UI, as far as it can be understood. */
function parseDecision(given: unknown): { by: string; action: string; comment?: string } | undefined {
  const { by, action, comment } = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  if (typeof by !== 'string' || by === '' || typeof action !== 'string') return undefined;
  return { by, action, ...(typeof comment === 'string' && { comment }) };
}

/** Takes the orders that people give to a run: abort, overtake, promote, and what to do where a step asks. */
export function takeOrders(run: Run): Orders {
  const orders: Orders = {};
  const abort = (request: AbortRequest) => {
    orders.abort = request;
    run.scope.cancel();
  };
  takeEndings(run, orders, abort);
  takeChoices(run);
  takeDecisions(run, abort);
  return orders;
}

/** What ends a run before its time. */
function takeEndings(run: Run, orders: Orders, abort: (request: AbortRequest) => void): void {
  const abortRun = (request: AbortRequest) => {
    abort(request);
    return run.record.phase;
  };
  setHandler(abortUpdate, abortRun, {
    validator: (request: AbortRequest) => {
      refuseNameless(request, 'aborts');
      refuseEnded(run);
    },
  });
  const overtake = (overtaking: Overtaking) => {
    orders.overtaking = overtaking;
    run.scope.cancel();
    return run.record.phase;
  };
  setHandler(overtakeUpdate, overtake, {
    validator: (overtaking: Overtaking) => {
      refuseNameless(overtaking, 'overtakes');
      refuseEnded(run);
      if (orders.overtaking) throw failure('Refused', `${orders.overtaking.by} has overtaken the run already`);
    },
  });
}

/** What people choose where a run waits for them, or compares. */
function takeChoices(run: Run): void {
  const promote = (promotion: Promotion) => {
    run.promote(promotion);
    return run.record.phase;
  };
  setHandler(promoteUpdate, promote, {
    validator: (promotion: Promotion) => {
      refuseNameless(promotion, 'promotes');
      if (!run.record.comparing) throw failure('Refused', `nothing is compared: the run is ${run.record.phase}`);
    },
  });
  const choose = (choice: Choice) => {
    run.choose(choice);
    return run.record.phase;
  };
  setHandler(chooseUpdate, choose, {
    validator: (choice: Choice) => {
      refuseNameless(choice, 'chooses');
      if (run.record.phase !== 'asking') throw failure('Refused', `nothing asks: the run is ${run.record.phase}`);
      const { choices = [] } = run.record;
      if (!choices.includes(choice.action))
        throw failure('Refused', `expected ${choices.join(', ')}, found ${choice.action}`);
    },
  });
}

/** A signal cannot be answered: one that means nothing now changes nothing, and the run's page says what would. */
function takeDecisions(run: Run, abort: (request: AbortRequest) => void): void {
  setHandler(decideSignal, (given) => {
    const decision = parseDecision(given);
    if (!decision) return;
    const { phase, comparing, choices = [] } = run.record;
    const choice = choices.find((each) => each === decision.action);
    if (choice) run.choose({ ...decision, action: choice });
    else if (decision.action === 'promote' && comparing) run.promote(decision);
    else if (decision.action === 'abort' && phase !== 'undoing' && phase !== 'finished') abort(decision);
  });
}
