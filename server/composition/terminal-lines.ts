import type { DestinationStream } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** What every line has, and what the formatter shows by itself. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'err', 'pid', 'hostname']);
const MAX_VALUE_LENGTH = 200;

/**
 * Writes lines of the log to standard error, for a person: time, level, message and fields in one line, and below an
 * error its stack.
 * @param hidden fields that all lines have, and that a person at the terminal knows
 */
export function openTerminal(hidden: readonly string[]): DestinationStream {
  const without = new Set([...SHOWN_ELSEWHERE, ...hidden]);
  return PinoPretty({
    destination: 2,
    sync: true,
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss',
    customColors: 'message:reset',
    messageFormat: (line) => terminalLine(line, without),
  });
}

/** The message with its fields, as `listening  address=http://localhost:5000 storage=filesystem`. */
export function terminalLine(line: Readonly<Record<string, unknown>>, without: ReadonlySet<string>): string {
  const fields = Object.entries(line)
    .filter(([name, value]) => !without.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${shown(value)}`);
  const { msg = '', err, level } = line;
  const [reason, ...stack] = level === 'error' ? stackOf(err) : stackOf(err).slice(0, 1);
  const message = reason === undefined ? String(msg) : `${String(msg)}: ${reason}`;
  const head = fields.length === 0 ? message : `${message}  ${fields.join(' ')}`;
  return [head, ...stack].map(printable).join('\n');
}

/** The message of an error, and the lines of its stack. */
function stackOf(error: unknown): readonly string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { message, stack } = error as { readonly message?: unknown; readonly stack?: unknown };
  if (typeof message !== 'string') return [];
  return [message, ...(typeof stack === 'string' ? stack.split('\n').filter((each) => /^\s+at /.test(each)) : [])];
}

function shown(value: unknown): string {
  const text = typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

/** Without control characters: what clients send could otherwise move the cursor or forge a line. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{FFFD}');
}
