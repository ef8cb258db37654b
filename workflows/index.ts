// The bundle's table of contents: every function exported here is a workflow type.
export { canary } from './canary.js';
export { deploy } from './deploy.js';
export { planCanary, planDeploy, planRollback } from './plan.js';
export { rollback } from './rollback.js';
export { watchAfter } from './watch-after.js';
