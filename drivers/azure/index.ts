import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';
import { AzureOptions } from './options.ts';

/** Loads the driver, and with tokens the library of Microsoft, only when it is used. */
const loadDriver = () => import('./open-driver.ts');

/** `storage: { azure: … }` in the configuration. */
export default defineDriver({
  name: 'azure',
  contract: DRIVER_CONTRACT,
  options: z.preprocess((value) => value ?? {}, AzureOptions),
  create: async (options: AzureOptions, { signal, warn }) => {
    const { openDriver } = await loadDriver();
    return openDriver(options, { signal, warn });
  },
});
