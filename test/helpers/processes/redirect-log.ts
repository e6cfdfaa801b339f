import { pino } from 'pino';
import type { OperatorLog } from '../../../server/composition/logger.ts';

/** Lets a log, and the logs that were made from it, write each line of level `debug` or above elsewhere. */
export function redirectLog(log: OperatorLog, write: (line: string) => void): void {
  Object.assign(log, { [pino.symbols.streamSym]: { write } });
  log.level = 'debug';
}
