// AVA is given the source of each test file, and runs what tsc has made of it. Each test file has a worker of its own that
// loads this first; `@ava/typescript` would do the same, but loads 150 modules for it.
import { registerHooks } from 'node:module';

const TEST_FILE = /\/test\/((?:unit|suites)\/.*\.test)\.ts$/;

const hooks = registerHooks({
  resolve(specifier, context, next) {
    const compiled = specifier.replace(TEST_FILE, '/dist/test/$1.js');
    if (compiled !== specifier) hooks.deregister();
    return next(compiled, context);
  },
});
