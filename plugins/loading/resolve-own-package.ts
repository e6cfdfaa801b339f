import { registerHooks } from 'node:module';
import { hasCode } from './node-resolver.ts';

/** What a plugin may import of Stowage, and zod for the schema of its options. */
const OFFERED: ReadonlySet<string> = new Set([
  'stowage/driver',
  'stowage/object-store',
  'stowage/plugin',
  'stowage/testing',
  'zod',
]);

let isOffered = false;

/**
 * From now on a plugin finds {@link OFFERED} by `import` and by `require` in any folder. What is installed beside the plugin
 * takes precedence; otherwise it gets this Stowage, and the zod that this Stowage uses. Calling it again changes nothing.
 */
export function letPluginsFindStowage(): void {
  if (isOffered) return;
  isOffered = true;
  registerHooks({
    resolve: (asked, context, next) => {
      if (!OFFERED.has(asked)) return next(asked, context);
      try {
        return next(asked, context);
      } catch (error) {
        if (!hasCode(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) throw error;
        const url = ownUrl(asked);
        if (url === undefined) throw error;
        return { url, format: 'module', shortCircuit: true };
      }
    },
  });
}

// A package can import itself by its name, but only what it exports; and what is installed with it.
function ownUrl(asked: string): string | undefined {
  try {
    return import.meta.resolve(asked);
  } catch {
    return undefined;
  }
}
