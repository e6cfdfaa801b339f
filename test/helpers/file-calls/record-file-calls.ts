import { registerHooks } from 'node:module';

const RECORDED = new URL('recorded-file-system.js', import.meta.url).href;
const REPLACED = new URL('../../../drivers/filesystem/file-system.js', import.meta.url).href;

/**
 * Makes modules of the filesystem driver that are loaded from now on use the recorded file system. Call it before
 * anything loads the driver, and import the driver dynamically afterwards.
 */
export function recordFileCalls(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      return found.url === REPLACED && context.parentURL !== RECORDED ? { ...found, url: RECORDED } : found;
    },
  });
}
