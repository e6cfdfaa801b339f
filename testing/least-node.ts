/** The oldest Node that the kit runs on; `engines` in package.json says the same. */
const LEAST = [24, 12] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  throw new Error(
    `stowage/testing needs Node ${LEAST.join('.')} or newer, and this is ${process.version}; get one from https://nodejs.org, or run "npm install --no-save node@24"`,
  );
}
