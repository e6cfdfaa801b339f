import type { KeyPath, Place } from './engine/problem.ts';
import type { MapNode } from './engine/tree.ts';
import type { Configuration } from './sections/index.ts';

/** A valid configuration, with its origin and its warnings. */
export interface LoadedConfiguration {
  /** Deeply frozen. */
  readonly configuration: Configuration;
  /** The file as the caller named it. */
  readonly file: string;
  /** The content of the file, without the overrides. */
  readonly text: string;
  /** The absolute folder of the file, for the packaged one that of the process: relative paths in options start here. */
  readonly baseFolder: string;
  /** Keys that are set and have no effect in this version, for example `redis.poolsize`. */
  readonly notYetInEffect: readonly string[];
  /** One line each, with the place: deprecated keys, variables that name no key, and the like. */
  readonly warnings: readonly string[];
  /** Variables that were ignored because they describe services of the network, as Kubernetes sets them. */
  readonly ofServices: readonly string[];
  /** The unparsed texts of the variables, by the key in dotted form. */
  readonly variableTexts: ReadonlyMap<string, string>;
  /** Where the value under a path was written, or else the nearest thing around it. For problems that only a plugin can find. */
  readonly locate: (path: KeyPath) => Place;
  /** What was written, after the overrides, for `describeConfiguration`. */
  readonly written: MapNode;
}
