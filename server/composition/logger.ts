import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';

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
export async function createLogger({ level, formatter, fields }: LogSettings): Promise<PinoLogger> {
  const isPretty = formatter === 'text' && process.stderr.isTTY;
  const stream = isPretty ? await prettyStream() : destination({ dest: 2, sync: true });
  return pino({ level, base: fields, timestamp: pino.stdTimeFunctions.isoTime, redact: ['token', 'secret'] }, stream);
}

/** Only a log that a person reads needs what formats it. */
async function prettyStream(): Promise<DestinationStream> {
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({ destination: 2, ignore: 'pid,hostname' });
}
