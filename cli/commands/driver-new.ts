import { defineCommand } from '../command.ts';
import type { DriverNewRequest } from '../driver/new-driver.ts';
import { UsageError } from '../usage-error.ts';

export const driverNew = defineCommand({
  name: 'driver new',
  usage: '  driver new <name> [folder] write the package of a new storage driver, with tests that pass',
  options: {},
  maxArguments: 2,
  parse: ({ positionals: [name, folder] }): DriverNewRequest => {
    if (name === undefined) throw new UsageError('no name for the driver');
    return { kind: 'driver-new', name, folder };
  },
  load: () => import('../driver/new-driver.ts'),
});
