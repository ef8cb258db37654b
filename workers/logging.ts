import type { Logger as Pino } from 'pino';
import { DefaultLogger, type Logger } from '@temporalio/worker';
import type { Config } from '../core/config.js';

/** Temporal's own log entries in the same lines. */
export function temporalLogger(log: Pino, { logLevel }: Pick<Config, 'logLevel'>): Logger {
  return new DefaultLogger(
    logLevel.toUpperCase() as 'DEBUG' | 'INFO' | 'WARN' | 'ERROR',
    ({ level, message, meta }) => {
      const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([, value]) => typeof value !== 'symbol'));
      const write = { TRACE: log.trace, DEBUG: log.debug, INFO: log.info, WARN: log.warn, ERROR: log.error }[level];
      write.call(log, fields, message);
    },
  );
}
