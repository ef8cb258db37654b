// The bundle's table of contents: every function exported here is a workflow type.
export { blueGreen } from './blue-green.js';
export { canary } from './canary.js';
export { deploy } from './deploy.js';
export { planBlueGreen, planCanary, planDeploy, planRollback, planTrain } from './plan.js';
export { rollback } from './rollback.js';
export { train } from './train.js';
export { watchAfter } from './watch-after.js';
