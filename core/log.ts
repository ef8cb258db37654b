import { pino, type Logger } from 'pino';
import type { Config } from './config.js';

/** JSON lines on stdout, one per event. */
export function createLog({ logLevel }: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
