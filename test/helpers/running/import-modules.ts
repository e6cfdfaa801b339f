// Imports the modules in the arguments, and writes the side effects of the imports as JSON.
import { createHook } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';
import v8 from 'node:v8';

const require = createRequire(import.meta.url);
const files = process.argv.slice(2);
const done: string[] = [];

v8.setFlagsFromString = (flag) => void done.push(`sets the V8 flag ${flag}`);
syncBuiltinESMExports();
createHook({
  init(_id, type) {
    // Ignore handles that Node and packages open themselves.
    if (!['PROMISE', 'TickObject'].includes(type) && isOurs(new Error().stack)) done.push(`opens a ${type}`);
  },
}).enable();

const found: Record<string, string[]> = {};
for (const file of files) {
  const before = snapshot();
  try {
    // `require` refuses a module that awaits at import.
    require(file);
  } catch (error) {
    done.push(error instanceof Error ? error.message : String(error));
  }
  const after = snapshot();
  if (after.listeners !== before.listeners) done.push('adds a listener to the process');
  if (after.environment !== before.environment) done.push('changes the environment');
  if (done.length > 0) found[file] = done.splice(0);
}
process.stdout.write(JSON.stringify(found));

function isOurs(stack = ''): boolean {
  return stack
    .split('\n')
    .some((line) => !line.includes(`${sep}node_modules${sep}`) && files.some((file) => line.includes(file)));
}

function snapshot(): { readonly listeners: string; readonly environment: string } {
  const listeners = process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
  return { listeners: listeners.join(), environment: JSON.stringify(process.env) };
}
