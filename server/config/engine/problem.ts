/** Keys and list indexes from the top of the configuration down, for example `['http', 'headers']`. */
export type KeyPath = ReadonlyArray<string | number>;

/** What gave a value: a line of the file, a variable, or neither (a default). */
export interface Origin {
  /** 1-based; absent when no line stands for the value, for example when it is missing. */
  readonly line?: number;
  /** The environment variable that gave the value; then the file does not count. */
  readonly variable?: string;
}

/** Where a value was written. */
export interface Place extends Origin {
  /** The configuration file, as the caller named it. */
  readonly file: string;
}

/** Something wrong with the value under a path. */
export interface Finding {
  readonly path: KeyPath;
  readonly message: string;
  /** Where it stands, when that is not where the path leads. */
  readonly origin?: Origin;
}

/** One thing that is wrong with a configuration. */
export interface ConfigurationProblem extends Place {
  /** The key in dotted form, for example `http.tls.clientcas[0]`; empty for the whole file. */
  readonly key: string;
  /** What is wrong and what to do. */
  readonly message: string;
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
