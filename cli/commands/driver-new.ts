import { defineCommand } from '../command.ts';
import type { DriverNewRequest } from '../driver/new-driver.ts';

export const driverNew = defineCommand({
  name: 'driver new',
  group: 'drivers',
  summary: 'write the package of a new storage driver, with tests that pass',
  arguments: {
    name: { description: 'the name of the driver', missing: 'no name for the driver', completes: 'none' },
    folder: {
      description: 'where to write the package; default: a new folder with the name of the package',
      presence: 'optional',
      completes: 'folder',
    },
  },
  options: {
    typescript: { type: 'boolean', description: 'write TypeScript, which is compiled before it is published' },
  },
  parse: ({ args: { name, folder }, values: { typescript = false } }): DriverNewRequest => ({
    kind: 'driver-new',
    name,
    folder,
    language: typescript ? 'typescript' : 'javascript',
  }),
  load: () => import('../driver/new-driver.ts'),
});
