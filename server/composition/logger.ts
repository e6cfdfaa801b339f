import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import { withoutTokens } from '../../plugins/auth/without-tokens.ts';

/** The form of the log. */
export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `text`: readable lines on a terminal, JSON everywhere else. */
  readonly formatter: 'text' | 'json';
  /** Fields of every line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log whose level can change. */
export type OperatorLog = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'> & { level: string };

/** Whether a person reads the log: it goes to a terminal, and nobody has asked for JSON. */
export function isReadable({ formatter }: Pick<LogSettings, 'formatter'>): boolean {
  return formatter === 'text' && process.stderr.isTTY;
}

/** Writes the log to standard error, so that standard output has only what was asked for. No line has a token. */
export async function createLogger({ level, formatter, fields }: LogSettings): Promise<PinoLogger> {
  const stream = isReadable({ formatter }) ? await terminalStream(fields) : destination({ dest: 2, sync: true });
  const options = {
    level,
    base: fields,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['token', 'secret'],
    formatters: { level: (name: string) => ({ level: name }) },
    hooks: { streamWrite: withoutTokens },
  };
  return pino(options, stream);
}

/** Loads the formatter, which only a log on a terminal needs. */
async function terminalStream(fields: LogSettings['fields']): Promise<DestinationStream> {
  const { openTerminal } = await import('./terminal-lines.ts');
  return openTerminal(Object.keys(fields).filter((name) => name !== 'worker'));
}
