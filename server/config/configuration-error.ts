import { type ConfigurationProblem, formatProblem } from './engine/problem.ts';
import type { LoadedConfiguration } from './loaded-configuration.ts';

/** A configuration with which nothing starts; it holds every problem, not only the first. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly ConfigurationProblem[];
  /** What is left without the sections that are wrong, to look there for further problems; never to be run. */
  readonly rest: LoadedConfiguration | undefined;

  constructor(problems: readonly ConfigurationProblem[], rest?: LoadedConfiguration) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
    this.rest = rest;
  }
}
