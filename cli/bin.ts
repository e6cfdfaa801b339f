#!/usr/bin/env node
/** The oldest Node that Stowage runs on; `engines` in package.json says the same. */
const LEAST_MAJOR = 24;
const LEAST_MINOR = 12;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > LEAST_MAJOR || (major === LEAST_MAJOR && minor >= LEAST_MINOR)) {
  // An older Node cannot even read the rest, so it is imported only now.
  await import('./main.ts');
} else {
  process.stderr.write(
    `stowage: needs Node ${LEAST_MAJOR}.${LEAST_MINOR} or newer, and this is ${process.version}; ` +
      'get one from https://nodejs.org, or run "npm install node@24" beside Stowage and start it by npx\n',
  );
  process.exitCode = 1;
}
