import type { LoadedConfiguration } from './load-configuration.ts';

/** Keys and list indexes from the top of the configuration down, for example `['http', 'headers']`. */
export type KeyPath = ReadonlyArray<string | number>;

/** Where a value was written. */
export interface Place {
  /** The configuration file, as the caller named it. */
  readonly file: string;
  /** 1-based; absent when no line stands for the value, for example when it is missing. */
  readonly line?: number;
  /** The environment variable that gave the value; then the file has no say in it. */
  readonly variable?: string;
}

/** One thing that is wrong with a configuration. */
export interface ConfigurationProblem extends Place {
  /** The key in dotted form, for example `http.tls.clientcas[0]`; empty for the whole file. */
  readonly key: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

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

/** One line, for example `config.yml:12: http.adr: unknown key, did you mean "addr"?`. */
export function formatProblem(problem: ConfigurationProblem): string {
  const place = formatPlace(problem);
  return problem.key === '' ? `${place}: ${problem.message}` : `${place}: ${problem.key}: ${problem.message}`;
}

/** `config.yml:12`, or the name of the variable. */
export function formatPlace({ file, line, variable }: Place): string {
  if (variable !== undefined) return variable;
  return line === undefined ? file : `${file}:${line}`;
}

/** `['middleware', 'storage', 0, 'name']` as `middleware.storage[0].name`. */
export function formatKey(path: KeyPath): string {
  return path.reduce<string>((text, part) => text + formatPart(part, text === ''), '');
}

/** The opposite of {@link formatKey}. */
export function parseKey(text: string): KeyPath {
  return Array.from(text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|[^.[\]]+/g), ([word, index, quoted]) => {
    if (quoted !== undefined) return String(JSON.parse(quoted));
    return index === undefined ? word : Number(index);
  });
}

function formatPart(part: string | number, isFirst: boolean): string {
  if (typeof part === 'number') return `[${part}]`;
  if (part === '' || /[.[\]]/.test(part)) return `[${JSON.stringify(part)}]`;
  return isFirst ? part : `.${part}`;
}
