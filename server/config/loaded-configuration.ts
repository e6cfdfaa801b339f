import type { KeyPath, Place } from './engine/problem.ts';
import type { MapNode } from './engine/tree.ts';
import type { Configuration } from './sections/index.ts';

/** A valid configuration and what there is to say about it. */
export interface LoadedConfiguration {
  /** Deeply frozen. */
  readonly configuration: Configuration;
  /** The file as the caller named it. */
  readonly file: string;
  /** The content of the file, without the overrides. */
  readonly text: string;
  /** The absolute folder of the file, for the packaged one that of the process: relative paths in options start here. */
  readonly baseFolder: string;
  /** Keys that are set and that nothing acts on in this version, for example `proxy.remoteurl`. */
  readonly notYetInEffect: readonly string[];
  /** One line each, with the place: deprecated keys, variables that name no key, and the like. */
  readonly warnings: readonly string[];
  /** Variables that speak of services of the network, as Kubernetes sets them, and that were ignored. */
  readonly ofServices: readonly string[];
  /** What the variables say word for word, by the key in dotted form. */
  readonly variableTexts: ReadonlyMap<string, string>;
  /** Where the value under a path was written, or else the nearest thing around it. For problems that only a plugin can find. */
  readonly locate: (path: KeyPath) => Place;
  /** What was written, after the overrides, for `describeConfiguration`. */
  readonly written: MapNode;
}
