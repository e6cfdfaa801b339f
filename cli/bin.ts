#!/usr/bin/env node
/** The oldest Node that Stowage runs on; `engines` in package.json says the same. */
const MIN_MAJOR = 24;
const MIN_MINOR = 12;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > MIN_MAJOR || (major === MIN_MAJOR && minor >= MIN_MINOR)) {
  // An older Node cannot even read the rest, so it is imported only now.
  const { keepCompiledCode } = await import('./compiled-code.ts');
  // The folder goes with the bundle when another one is made.
  keepCompiledCode(`${import.meta.dirname}/.compiled`, process.env);
  await import('./main.ts');
} else {
  process.stderr.write(
    `stowage: needs Node ${MIN_MAJOR}.${MIN_MINOR} or newer, and this is ${process.version}; ` +
      'get one from https://nodejs.org, or run "npm install node@24" beside Stowage and start it by npx\n',
  );
  process.exitCode = 1;
}
