import { PluginLoadError } from '../plugins/loading/plugin-load-error.ts';
import { ConfigurationError } from '../server/config/configuration-error.ts';
import { formatProblem } from '../server/config/engine/problem.ts';
import type { Program } from './command.ts';
import { UsageError } from './usage-error.ts';

/** An error to report. */
interface Failure {
  /** The line for people. */
  readonly line: string;
  readonly message: string;
  readonly exitCode: number;
  /** Additional fields for programs: code, status, request ID, advice. */
  readonly details?: object;
  /** Whether another process has already reported it. */
  readonly isReported?: boolean;
}

/** What a command says on standard error in addition to its progress. */
export type Reporting = Pick<Program, 'note' | 'report'>;

/** What lines on standard error look like: for people, for programs that asked for JSON, or like those of the server's log. */
export type LineForm = 'text' | 'json' | 'log';

type Say = (type: 'note' | 'error', line: string, fields: object) => void;

/**
 * Writes notes and errors to standard error. In the form `json` an error is the last line,
 * `{"type":"error","exitCode":…,"message":…}`, with the code, status, request ID, detail and advice that are known.
 * @param help the command to look up a mistake in the arguments with
 */
export function reporting(
  complain: Program['complain'],
  { form, help }: { readonly form: LineForm; readonly help: string },
): Reporting {
  const say = sayingIn(form, complain);
  return {
    note: (message) => say('note', `stowage: ${message}`, { message }),
    report: (error) => {
      const failures = failuresOf(error, help);
      for (const { line, message, exitCode, details, isReported } of failures)
        if (isReported !== true) say('error', line, { exitCode, message, ...details });
      return Math.max(...failures.map(({ exitCode }) => exitCode));
    },
  };
}

function sayingIn(form: LineForm, complain: Program['complain']): Say {
  if (form === 'text') return (_, line) => complain(line);
  if (form === 'json') return (type, _, fields) => complain(JSON.stringify({ type, ...fields }));
  return (type, line, { message: _, ...fields }: { message?: unknown }) => {
    const level = type === 'error' ? 'error' : 'info';
    const msg = line.replace(/^stowage: /, '');
    complain(JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg }));
  };
}

function failuresOf(error: unknown, help: string): readonly Failure[] {
  if (error instanceof ConfigurationError) {
    return error.problems.map((problem) => {
      const message = formatProblem(problem);
      return { line: message, message, exitCode: 2 };
    });
  }
  if (error instanceof UsageError) {
    const { message } = error;
    const see = message.endsWith('?') ? ' See' : '; see';
    return [{ line: `stowage: ${message}${see} ${help}`, message, exitCode: 2 }];
  }
  if (error instanceof PluginLoadError) return [{ line: error.message, message: error.message, exitCode: 2 }];
  if (error instanceof AggregateError) return error.errors.flatMap((each) => failuresOf(each, help));
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/(?<!\s)\s*\n\s*/g, ' ');
  // Errors of workers and of clients have an exit code; it is checked by shape, because their classes are loaded late.
  const hasExitCode = error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
  const exitCode = hasExitCode ? (error.exitCode as number) : 1;
  const details = hasExitCode && 'details' in error && typeof error.details === 'object' ? (error.details ?? {}) : {};
  const isReported = error instanceof Error && 'isReported' in error && error.isReported === true;
  return [{ line: `stowage: ${message}`, message, exitCode, details, isReported }];
}
