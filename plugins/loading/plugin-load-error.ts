/**
 * Why a plugin or driver was not loaded. Each is fatal: a plugin is neither skipped nor replaced.
 *
 * | code | meaning | what the operator can do |
 * | --- | --- | --- |
 * | `not-installed` | there is no built-in, package or file of that name | install it, or correct the name |
 * | `dependency-missing` | it was found, but something that it imports was not | install what is named |
 * | `not-a-plugin` | what was found does not export a definition of the wanted kind | correct the name |
 * | `wrong-contract` | it was written for another version of the contract | change its version or Stowage's |
 * | `broken-contract` | what it created lacks something, or makes an impossible claim | tell its author |
 * | `wrong-options` | it rejects its options | correct the keys that are named |
 * | `failed` | its own code threw an error | read the error |
 * | `timed-out` | its own code did not finish | find out what it waits for |
 * | `conflict` | two plugins provide something that can exist only once | remove one |
 */
export type PluginLoadErrorCode =
  | 'not-installed'
  | 'dependency-missing'
  | 'not-a-plugin'
  | 'wrong-contract'
  | 'broken-contract'
  | 'wrong-options'
  | 'failed'
  | 'timed-out'
  | 'conflict';

/** Where the configuration asks for the plugin. */
export interface PluginPlace {
  /** Key path of what asks for it, for example `storage.filesystem`. */
  readonly at: string;
  /** Key path of the section with its options, if it differs: `plugins[0].options`. */
  readonly optionsAt?: string | undefined;
  /** Folder of the configuration file. */
  readonly baseFolder: string;
  /** The position of a key path in the file, for example `config.yml:12`; `undefined` when it is not in the file. */
  readonly locate?: ((keyPath: string) => string | undefined) | undefined;
  /** Strings that no message may quote. */
  readonly secrets?: readonly string[] | undefined;
  /** The raw text of the environment variable that gave the value of a key path, which may be meant as a string. */
  readonly textOf?: ((keyPath: string) => string | undefined) | undefined;
  /** The time limit of each step of loading it, in milliseconds. Default: 30 s; 0 means no limit. */
  readonly timeLimitMs?: number | undefined;
  /** Aborted when the start is given up: no further step begins, and the running one ends with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A plugin or driver could not be loaded. The message tells the operator everything that is known. */
export class PluginLoadError extends Error {
  override readonly name = 'PluginLoadError';
  readonly code: PluginLoadErrorCode;
  /** The plugin as the configuration names it. */
  readonly spec: string;

  /** @param lines what is wrong, then facts and remedies, one per line */
  constructor(
    code: PluginLoadErrorCode,
    spec: string,
    lines: readonly [string, ...string[]],
    { place, cause }: { readonly place: PluginPlace; readonly cause?: unknown },
  ) {
    const [summary = '', ...facts] = lines.map((line) => withoutSecrets(line, place.secrets));
    super(
      [
        `${describeKey(place, place.at)}: ${summary}`,
        ...facts.map((fact) => `  ${fact.replaceAll(/(?<!\s)\s*\n\s*/g, '\n    ')}`),
      ].join('\n'),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.spec = spec;
  }
}

/** An error of a plugin may quote its options. */
function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '********'), text);
}

/** A key path with its position in the file, if that is known. */
export function describeKey(place: PluginPlace, keyPath: string): string {
  const position = place.locate?.(keyPath);
  return position === undefined ? keyPath : `${position}: ${keyPath}`;
}
