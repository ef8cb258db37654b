import { namespaceOf } from './namespaces.js';

process.env['TEMPORAL_NAMESPACE'] = namespaceOf(process.env['JEST_WORKER_ID']);
