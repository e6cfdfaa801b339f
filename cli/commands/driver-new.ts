import { defineCommand } from '../command.ts';
import type { DriverNewRequest } from '../driver/new-driver.ts';

export const driverNew = defineCommand({
  name: 'driver new',
  group: 'drivers',
  summary: 'write the package of a new storage driver, with tests that pass',
  arguments: {
    name: { description: 'what the driver is called', missing: 'no name for the driver', completes: 'none' },
    folder: {
      description: 'where the package is written; without it, in a folder that is called like it',
      presence: 'optional',
      completes: 'folder',
    },
  },
  options: {},
  parse: ({ args: { name, folder } }): DriverNewRequest => ({ kind: 'driver-new', name, folder }),
  load: () => import('../driver/new-driver.ts'),
});
