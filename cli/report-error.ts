import { PluginLoadError } from '../plugins/loading/plugin-load-error.ts';
import { ConfigurationError } from '../server/config/configuration-error.ts';
import { formatProblem } from '../server/config/engine/problem.ts';
import type { Program } from './command.ts';
import { UsageError } from './usage-error.ts';

/** One thing that went wrong. */
interface Failure {
  /** The line for people. */
  readonly line: string;
  readonly message: string;
  readonly exitCode: number;
  /** What programs get in addition: code, status, id of the request, advice. */
  readonly details?: object;
}

/** What a command says on standard error in addition to its progress. */
export type Reporting = Pick<Program, 'note' | 'report'>;

/**
 * Says on standard error what is to be said: in lines for people, or, where the arguments ask for JSON, as lines of it. An
 * error is then `{"type":"error","exitCode":…,"message":…}` with code, status, id of the request, detail and advice where they
 * are known, and the last line.
 * @param help the command that a mistake in the arguments is to be looked up with
 */
export function reporting(
  complain: Program['complain'],
  { json, help }: { readonly json: boolean; readonly help: string },
): Reporting {
  const say = (type: 'note' | 'error', line: string, fields: object): void =>
    complain(json ? JSON.stringify({ type, ...fields }) : line);
  return {
    note: (message) => say('note', `stowage: ${message}`, { message }),
    report: (error) => {
      const failures = failuresOf(error, help);
      for (const { line, message, exitCode, details } of failures)
        say('error', line, { exitCode, message, ...details });
      return Math.max(...failures.map(({ exitCode }) => exitCode));
    },
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
  return [{ line: `stowage: ${message}`, message, exitCode, details }];
}
