import type { Condition, HttpRoute, ParentReference, RouteParentStatus } from './http-route.js';
import type { Verdict } from './traffic-plan.js';

/** The name under which this gateway writes its part of a route's status. */
export const controllerName = 'runbooks.local/gateway';

/** The `status.parents` that a route should have, or undefined where it has it already. */
export function renderRouteStatus(
  verdict: Verdict,
  failure: string | undefined,
  now: Date,
): RouteParentStatus[] | undefined {
  const { route } = verdict;
  const parents = (route.spec.parentRefs ?? []).filter(({ kind }) => (kind ?? 'Gateway') === 'Gateway');
  const found = route.status?.parents ?? [];
  const others = found.filter((parent) => parent.controllerName !== controllerName);
  const ours = parents.map((parentRef) => {
    const before = found.find(
      (parent) => parent.controllerName === controllerName && isSameParent(parent.parentRef, parentRef),
    );
    const conditions = conditionsOf(verdict, failure).map((condition) =>
      withTimes(condition, route, before?.conditions ?? [], now),
    );
    return { parentRef: before?.parentRef ?? parentRef, controllerName, conditions };
  });
  const wanted = [...others, ...ours];
  return describe(wanted) === describe(found) ? undefined : wanted;
}

type Judgement = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function conditionsOf({ refusal, unresolved, unready }: Verdict, failure: string | undefined): Judgement[] {
  const no = (type: string, reason: string, message: string): Judgement => ({ type, status: 'False', reason, message });
  const yes = (type: string, reason: string, message: string): Judgement => ({ type, status: 'True', reason, message });
  if (refusal) {
    return [
      no('Accepted', refusal.reason, refusal.message),
      yes('ResolvedRefs', 'ResolvedRefs', 'not looked at'),
      no('Programmed', 'NotAccepted', refusal.message),
    ];
  }
  const lacking = unready === undefined ? '' : `; no pod is ready for Service ${unready}`;
  return [
    yes('Accepted', 'Accepted', 'the route is served'),
    unresolved === undefined
      ? yes('ResolvedRefs', 'ResolvedRefs', 'every backend was found')
      : no('ResolvedRefs', 'BackendNotFound', unresolved),
    failure === undefined
      ? yes('Programmed', 'Programmed', `the weights are in force; no new request follows older ones${lacking}`)
      : no('Programmed', 'Invalid', failure.slice(0, 1000)),
  ];
}

function withTimes(judgement: Judgement, route: HttpRoute, before: readonly Condition[], now: Date): Condition {
  const earlier = before.find(({ type, status }) => type === judgement.type && status === judgement.status);
  const lastTransitionTime = earlier?.lastTransitionTime ?? `${now.toISOString().slice(0, 19)}Z`;
  return { ...judgement, observedGeneration: route.metadata?.generation ?? 0, lastTransitionTime };
}

function isSameParent(left: ParentReference, right: ParentReference): boolean {
  return (['name', 'namespace', 'sectionName', 'port'] as const).every((key) => left[key] === right[key]);
}

// The server returns the same conditions with their keys in another order.
function describe(parents: readonly RouteParentStatus[]): string {
  const lines = parents.flatMap(({ parentRef, controllerName: controller, conditions }) =>
    (conditions ?? []).map(({ type, status, reason, message, observedGeneration }) =>
      JSON.stringify([
        controller,
        parentRef.name,
        parentRef.sectionName,
        type,
        status,
        reason,
        message,
        observedGeneration,
      ]),
    ),
  );
  return lines.join('\n');
}
