import type { StorageDriver } from './storage-driver.ts';

/** The version of the driver contract in this package; a definition of another one is refused. */
export const DRIVER_CONTRACT = 1;

/** One problem of an options object, in the form of Standard Schema. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/**
 * The part of Standard Schema (https://standardschema.dev, version 1) that Stowage calls. Zod, Valibot,
 * ArkType and others implement it, so that every plugin brings the validator it likes.
 */
export interface OptionsSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => OptionsResult<Output> | Promise<OptionsResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What validating options gives: the parsed value, or every problem. */
export type OptionsResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What a plugin may use of its host. */
export interface PluginContext {
  /** The folder of the configuration file: relative paths in options start there. */
  readonly baseFolder: string;
  /** One line for the operator; `fields` become structured log fields. */
  readonly warn: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
  /** One line for somebody who looks closely; absent where nobody does. */
  readonly debug?: ((message: string, fields?: Readonly<Record<string, unknown>>) => void) | undefined;
}

/** A driver as its package default-exports it. */
export interface DriverDefinition<Options = unknown> {
  /** Lower-case words, `-` between them; the key under `storage:`. */
  readonly name: string;
  /** {@link DRIVER_CONTRACT} of the version it was written for. */
  readonly contract: number;
  readonly options: OptionsSchema<Options>;
  /**
   * Makes a ready driver.
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  readonly create: (options: Options, context: PluginContext) => Promise<StorageDriver>;
}

/** Gives a driver definition its types; changes nothing. */
export function defineDriver<Options>(definition: DriverDefinition<Options>): DriverDefinition<Options> {
  return definition;
}
