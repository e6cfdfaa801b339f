// @ts-check
import { DRIVER_CONTRACT, defineDriver } from 'stowage/driver';
import { options } from './options.js';
import { TemplateDriver } from './template-driver.js';

export default defineDriver({
  name: 'template',
  contract: DRIVER_CONTRACT,
  options,
  // Connect to your store here. An error stops the start of the registry: let its message say what to do.
  create: async () => new TemplateDriver(),
});
