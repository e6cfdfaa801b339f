import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationProblem } from './engine/problem.ts';

/**
 * Waits for all.
 * @throws ConfigurationError with the problems of all
 */
export async function settleAll<T extends readonly Promise<unknown>[]>(
  tasks: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const problems: ConfigurationProblem[] = [];
  for (const result of await Promise.allSettled(tasks)) {
    if (result.status === 'fulfilled') continue;
    if (!(result.reason instanceof ConfigurationError)) throw result.reason;
    problems.push(...result.reason.problems);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Promise.all(tasks);
}
