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
 * Stands for the driver that its options name: the test kit takes a module and its options, and lets other processes
 * open the store with them; this one finds the driver as the registry does.
 */
export default defineDriver({
  name: 'named',
  contract: DRIVER_CONTRACT,
  options,
  create: ({ spec, options: inner }, { baseFolder, warn }) =>
    loadDriver(spec, inner, { at: 'driver test', optionsAt: '--options', baseFolder, warn }),
});
