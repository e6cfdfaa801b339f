import { type ConfigurationProblem, formatProblem } from './engine/problem.ts';
import type { LoadedConfiguration } from './loaded-configuration.ts';

/** A configuration that prevents the start; it holds every problem, not only the first. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly ConfigurationProblem[];
  /** The rest of the configuration, without the sections that are wrong, to search it for further problems; never run. */
  readonly rest: LoadedConfiguration | undefined;

  constructor(problems: readonly ConfigurationProblem[], rest?: LoadedConfiguration) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
    this.rest = rest;
  }
}
