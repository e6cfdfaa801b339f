import { DRIVER_CONTRACT, defineDriver, type OptionsSchema } from '../../core/driver/index.ts';
import { loadDriver } from '../../plugins/loading/load-driver.ts';

/** A driver as a configuration names it. */
export interface NamedDriver {
  /** A built-in name, a package, or a path. */
  readonly spec: string;
  readonly options: unknown;
}

const options: OptionsSchema<NamedDriver> = {
  '~standard': { version: 1, vendor: 'stowage', validate: (value) => ({ value: value as NamedDriver }) },
};

/**
 * Loads the driver that its options name, as the registry does. The test kit takes a module and options with which other
 * processes open the store; this is the module for drivers that are known by name.
 */
export default defineDriver({
  name: 'named',
  contract: DRIVER_CONTRACT,
  options,
  create: ({ spec, options: inner }, { baseFolder, warn }) =>
    loadDriver(spec, inner, { at: 'driver test', optionsAt: '--options', baseFolder, warn }),
});
