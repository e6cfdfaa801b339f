// @ts-check
import { DRIVER_CONTRACT, defineDriver } from 'stowage/driver';
import { options } from './options.js';
import { TemplateDriver } from './template-driver.js';

export default defineDriver({
  name: 'template',
  contract: DRIVER_CONTRACT,
  options,
  // Connect to your store here. An error stops the registry, so its message should say what to do. Pass `signal` to
  // everything that waits: it is aborted when the start is given up.
  create: async (_options, { signal }) => {
    signal?.throwIfAborted();
    return new TemplateDriver();
  },
});
