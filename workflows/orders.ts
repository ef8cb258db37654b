import { setHandler } from '@temporalio/workflow';
import { failure } from './failures.js';
import {
  abortUpdate,
  chooseUpdate,
  decideSignal,
  overtakeUpdate,
  promoteUpdate,
  type AbortRequest,
  type Overtaking,
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
  setHandler(
    abortUpdate,
    (request) => {
      orders.abort = request;
      run.scope.cancel();
      return run.record.phase;
    },
    {
      validator: (request) => {
        refuseNameless(request, 'aborts');
        refuseEnded(run);
      },
    },
  );
  setHandler(
    overtakeUpdate,
    (overtaking) => {
      orders.overtaking = overtaking;
      run.scope.cancel();
      return run.record.phase;
    },
    {
      validator: (overtaking) => {
        refuseNameless(overtaking, 'overtakes');
        refuseEnded(run);
        if (orders.overtaking) throw failure('Refused', `${orders.overtaking.by} has overtaken the run already`);
      },
    },
  );
  setHandler(
    promoteUpdate,
    (promotion) => {
      run.promote(promotion);
      return run.record.phase;
    },
    {
      validator: (promotion) => {
        refuseNameless(promotion, 'promotes');
        if (!run.isComparing) throw failure('Refused', `nothing is compared: the run is ${run.record.phase}`);
      },
    },
  );
  setHandler(
    chooseUpdate,
    (choice) => {
      run.choose(choice);
      return run.record.phase;
    },
    {
      validator: (choice) => {
        refuseNameless(choice, 'chooses');
        if (run.record.phase !== 'asking') throw failure('Refused', `nothing asks: the run is ${run.record.phase}`);
        if (!run.choices.includes(choice.action))
          throw failure('Refused', `expected ${run.choices.join(', ')}, found ${choice.action}`);
      },
    },
  );
  // A signal cannot be answered: one that means nothing now changes nothing, and the run's page says what would.
  setHandler(decideSignal, (given) => {
    const decision = parseDecision(given);
    const choice = run.choices.find((each) => each === decision?.action);
    if (!decision) return;
    if (choice) run.choose({ ...decision, action: choice });
    else if (decision.action === 'promote' && run.isComparing) run.promote(decision);
    else if (decision.action === 'abort' && run.record.phase !== 'undoing' && run.record.phase !== 'finished') {
      orders.abort = decision;
      run.scope.cancel();
    }
  });
  return orders;
}
