import { z } from 'zod';
import { ForwardingDriver } from '../../../core/driver/index.ts';
import { defineWrapper } from '../../../plugins/wrappers/define-wrapper.ts';

/** The path by which a configuration names this wrapper in `middleware.storage`. */
export const FAR_STORAGE = new URL('far-storage.js', import.meta.url).pathname;

/** Makes a local storage claim to be remote, so that caches are consulted first. */
export default defineWrapper({
  name: 'far-storage',
  options: z.strictObject({}),
  wrap: () => (driver) => new ForwardingDriver(driver, { locality: 'remote' }),
});
