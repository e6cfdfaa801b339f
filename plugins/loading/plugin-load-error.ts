/**
 * Why a plugin or driver was not loaded. Each is fatal: nothing is skipped and nothing is put in its place.
 *
 * | code | meaning | what the operator can do |
 * | --- | --- | --- |
 * | `not-installed` | no built-in, package or file of that name | install it, or correct the name |
 * | `dependency-missing` | it is there, but something that it imports is not | install what is named |
 * | `not-a-plugin` | what was found does not export a definition of the wanted kind | correct the name |
 * | `wrong-contract` | it was written for another version of the contract | change its version or Stowage's |
 * | `broken-contract` | what it made lacks something, or claims what cannot be | tell its author |
 * | `wrong-options` | its options are refused | correct the keys that are named |
 * | `failed` | its own code threw | read what it says |
 * | `timed-out` | its own code did not finish | look at what it waits for |
 * | `conflict` | two plugins bring what there can be only one of | remove one |
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
  /** Key path of the section with its options, where that is another one: `plugins[0].options`. */
  readonly optionsAt?: string | undefined;
  /** Folder of the configuration file. */
  readonly baseFolder: string;
  /** Where a key path stands in the file, for example `config.yml:12`; `undefined` when it does not. */
  readonly locate?: ((keyPath: string) => string | undefined) | undefined;
  /** Texts that no message may quote. */
  readonly secrets?: readonly string[] | undefined;
  /** What a variable says word for word that gave the value under a key path, which may be meant for a text. */
  readonly textOf?: ((keyPath: string) => string | undefined) | undefined;
  /** How long each step of loading it may take, in milliseconds; 30 s unless given, 0 for ever. */
  readonly timeLimitMs?: number | undefined;
  /** Aborted when the start is given up: no further step begins, and the running one ends with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A plugin or driver could not be loaded; the message tells the operator everything that is known. */
export class PluginLoadError extends Error {
  override readonly name = 'PluginLoadError';
  readonly code: PluginLoadErrorCode;
  /** The plugin as the configuration names it. */
  readonly spec: string;

  /** @param lines what is wrong, then facts and remedies, one a line */
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

/** What a plugin throws may quote its options. */
function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '********'), text);
}

/** A key path with its place in the file, if that is known. */
export function describeKey(place: PluginPlace, keyPath: string): string {
  const position = place.locate?.(keyPath);
  return position === undefined ? keyPath : `${position}: ${keyPath}`;
}
