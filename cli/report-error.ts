import { PluginLoadError } from '../plugins/loading/plugin-load-error.ts';
import { ConfigurationError } from '../server/config/configuration-error.ts';
import { formatProblem } from '../server/config/engine/problem.ts';
import type { Program } from './command.ts';
import { UsageError } from './usage-error.ts';

/** Says what went wrong, problem by problem, and gives the exit code. */
export function reportError(error: unknown, complain: Program['complain']): number {
  if (error instanceof ConfigurationError) {
    for (const problem of error.problems) complain(formatProblem(problem));
    return 2;
  }
  if (error instanceof UsageError) {
    complain(`stowage: ${error.message}; see stowage --help`);
    return 2;
  }
  if (error instanceof PluginLoadError) {
    complain(error.message);
    return 2;
  }
  if (error instanceof AggregateError) return Math.max(...error.errors.map((each) => reportError(each, complain)));
  const message = error instanceof Error ? error.message : String(error);
  complain(`stowage: ${message.replaceAll(/(?<!\s)\s*\n\s*/g, ' ')}`);
  // Errors of workers and of clients have an exit code; it is checked by shape, because their classes are loaded late.
  const hasExitCode = error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
  return hasExitCode ? (error.exitCode as number) : 1;
}
