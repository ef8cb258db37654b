// The bundle's table of contents: every function exported here is a workflow type.
export { backup } from './backup.js';
export { beat } from './beat.js';
export { blueGreen } from './blue-green.js';
export { canary } from './canary.js';
export { credentials } from './credentials.js';
export { deploy } from './deploy.js';
export { drill } from './drill.js';
export { offboarding } from './offboarding.js';
export {
  planBackup,
  planBeat,
  planBlueGreen,
  planCanary,
  planCredentials,
  planDeploy,
  planDrill,
  planRestore,
  planRollback,
  planRotate,
  planTrain,
} from './plan.js';
export { readCredentials } from './read-credentials.js';
export { restore } from './restore.js';
export { rollback } from './rollback.js';
export { rotate } from './rotate.js';
export { scheduled } from './scheduled.js';
export { tellPeople } from './tell-people.js';
export { train } from './train.js';
export { watchAfter } from './watch-after.js';
