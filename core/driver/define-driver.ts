import type { StorageDriver } from './storage-driver.ts';

/** The version of the driver contract in this package; a definition for another version is rejected. */
export const DRIVER_CONTRACT = 1;

/** One problem of an options object, in the form of Standard Schema. */
export interface SchemaIssue {
  /** What is wrong and what would be right, for the operator. */
  readonly message: string;
  /** The keys that lead to the value, outermost first; empty for the whole options object. */
  readonly path?:
    | ReadonlyArray<
        | PropertyKey
        | {
            /** The key itself. */
            readonly key: PropertyKey;
          }
      >
    | undefined;
}

/**
 * The part of Standard Schema (https://standardschema.dev, version 1) that Stowage calls. Zod, Valibot, ArkType and
 * others implement it, so every plugin can bring the validator it prefers.
 */
export interface OptionsSchema<Output> {
  /** The members that the standard requires of a schema. */
  readonly '~standard': {
    /** The version of the standard. */
    readonly version: 1;
    /** The name of the library, or of the package that wrote the schema by hand. */
    readonly vendor: string;
    /** Parses a value of any form; reports every problem at once and never throws. */
    readonly validate: (value: unknown) => OptionsResult<Output> | Promise<OptionsResult<Output>>;
    /** Types only, for the compiler: absent at run time. */
    readonly types?:
      | {
          /** The type that `validate` accepts. */
          readonly input: unknown;
          /** The type that `validate` returns. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** The result of validating options: the parsed value, or every problem. */
export type OptionsResult<Output> =
  | {
      /** The options as the driver accepts them, with defaults. */
      readonly value: Output;
      /** Absent when the options are valid. */
      readonly issues?: undefined;
    }
  | {
      /** Every problem; at least one. */
      readonly issues: readonly SchemaIssue[];
    };

/** What a plugin gets from its host. */
export interface PluginContext {
  /** The folder of the configuration file: relative paths in options start there. */
  readonly baseFolder: string;
  /** One line for the operator; `fields` become structured log fields. */
  readonly warn: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
  /** One line for debugging; absent when debug messages are not logged. */
  readonly debug?: ((message: string, fields?: Readonly<Record<string, unknown>>) => void) | undefined;
  /**
   * Aborts when the start is given up while this plugin is being loaded: its time limit (`plugintimeout`) has passed,
   * or SIGTERM or SIGINT has ended the start. Pass it to everything that waits, release what is half open, and reject;
   * the process may end a second later. It never aborts once the plugin is loaded. Absent only if something other than
   * a registry creates the plugin, such as a test.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What `inspect` gets from its host. */
export interface InspectContext extends PluginContext {
  /** Whether the registry will write; `false` when the configuration makes it read-only. */
  readonly writes: boolean;
  /**
   * Whether a missing store is a problem, because the command works on existing content. Default `false`: `create`
   * creates it.
   */
  readonly mustExist?: boolean;
}

/** Something about a store that an operator should know, for `stowage doctor`. */
export interface StoreNote {
  /** `ok`: as it should be; `note`: worth knowing; `warning`: will hurt one day; `failure`: a registry cannot work like this. */
  readonly severity: 'ok' | 'note' | 'warning' | 'failure';
  /** A clause without a full stop, with its figures: `12.3 GB of 50.0 GB are free`. */
  readonly message: string;
  /** What to do about it, if anything. */
  readonly remedy?: string | undefined;
}

/** A driver as its package default-exports it. */
export interface DriverDefinition<Options = unknown> {
  /** Lower-case words, `-` between them; the key under `storage:`. */
  readonly name: string;
  /** {@link DRIVER_CONTRACT} of the version that it was written for. */
  readonly contract: number;
  /** Parses the section under the driver's key. An empty section arrives as an empty map. */
  readonly options: OptionsSchema<Options>;
  /**
   * Creates a ready driver. Rejects soon after `context.signal` aborts; a driver that it returns nevertheless is
   * disposed.
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  readonly create: (options: Options, context: PluginContext) => Promise<StorageDriver>;
  /**
   * Checks whether `create` would return a driver that a registry can use, for `stowage check-config --connect`. It
   * creates and changes nothing, not even what `create` would create: another registry may use the store, and another
   * user may run the command. Without it, the command creates a driver, writes a small file and deletes it.
   * @throws Error whose message tells the operator what to do
   */
  readonly inspect?: ((options: Options, context: InspectContext) => Promise<void>) | undefined;
  /**
   * Says for `stowage doctor` what no call of a driver shows, such as how much room is left and how a disk is mounted. Called
   * only for an existing store; creates and changes nothing.
   * @throws Error when this process should not write to the store, for example because another user owns it
   */
  readonly diagnose?: ((options: Options, context: InspectContext) => Promise<readonly StoreNote[]>) | undefined;
}

/** Types a driver definition; returns it unchanged. */
export function defineDriver<Options>(definition: DriverDefinition<Options>): DriverDefinition<Options> {
  return definition;
}
