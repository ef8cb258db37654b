import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

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

/** The id of a release's run. It is the lock: a service has one release at a time in an environment, of whatever kind. */
export function releaseWorkflowId(release: { environment: string; service: string }): string {
  return `deploy/${release.environment}/${release.service}`;
}
