import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';

/** Workflow tasks and activities that need no rights in a cluster. */
export const runbooksQueue = 'runbooks';

/** Activities that change a cluster: their worker alone needs its credentials. */
export const clusterQueue = 'runbooks-cluster';

/** Search attributes of every run; doctor and the stack register what is missing. They are not encrypted: no secrets. */
export const searchAttributes = {
  kind: defineSearchAttributeKey('RunbookKind', SearchAttributeType.KEYWORD),
  service: defineSearchAttributeKey('RunbookService', SearchAttributeType.KEYWORD),
  environment: defineSearchAttributeKey('RunbookEnvironment', SearchAttributeType.KEYWORD),
  image: defineSearchAttributeKey('RunbookImage', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('RunbookState', SearchAttributeType.KEYWORD),
  waitingFor: defineSearchAttributeKey('RunbookWaitingFor', SearchAttributeType.KEYWORD),
} as const;

/** Values of search attributes, by the names that they have here. */
export type RunAttributes = Partial<Record<keyof typeof searchAttributes, string>>;

/** Values as Temporal takes them at the start of a run. */
export function attributePairs(attributes: RunAttributes): SearchAttributePair[] {
  return Object.entries(attributes).map(([name, value]) => ({
    key: searchAttributes[name as keyof RunAttributes],
    value,
  }));
}

// What changes a service holds one lock, whatever it is called; what only reads it holds another.
const ownLocks: ReadonlySet<string> = new Set(['backup', 'drill', 'beat', 'credentials', 'offboarding']);

/** The id of a run, of whatever kind. It is the lock. A credential has its own: it may be of no one service. */
export function workflowIdOf({
  kind,
  credential,
  ...subject
}: {
  kind: string;
  environment: string;
  service: string;
  credential?: string;
}): string {
  if (credential !== undefined) return `${kind}/${subject.environment}/${credential}`;
  return ownLocks.has(kind) ? `${kind}/${subject.environment}/${subject.service}` : releaseWorkflowId(subject);
}

/** The id of a release's run. It is the lock: a service has one release at a time in an environment, of whatever kind. */
export function releaseWorkflowId(release: { environment: string; service: string }): string {
  return `deploy/${release.environment}/${release.service}`;
}
