import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** How the log looks. */
export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `text`: for people on a terminal, JSON elsewhere. */
  readonly formatter: 'text' | 'json';
  /** Fields of every line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log whose level can change. */
export type OperatorLog = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'> & { level: string };

/** Writes the log to standard error; standard output is for the start-up message. */
export function createLogger({ level, formatter, fields }: LogSettings): PinoLogger {
  const pretty = formatter === 'text' && process.stderr.isTTY;
  const stream: DestinationStream = pretty
    ? PinoPretty({ destination: 2, ignore: 'pid,hostname' })
    : destination({ dest: 2, sync: true });
  return pino({ level, base: fields, timestamp: pino.stdTimeFunctions.isoTime, redact: ['token', 'secret'] }, stream);
}
