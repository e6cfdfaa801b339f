// Makes of what tsc has compiled the files that are published and run: a few large ones with the libraries in them, because
// a start that reads a thousand small modules takes twice as long. docs/decisions.md has the figures.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = 'dist/bundle';
const LICENSES = 'LICENSES.txt';
/** The files that are named from outside: by package.json, or by another process. They lie side by side. */
const ENTRIES = {
  bin: 'cli/bin',
  client: 'client/index',
  driver: 'core/driver/index',
  'object-store': 'drivers/object-store/index',
  plugin: 'plugins/index',
  registry: 'server/embedding/index',
  testing: 'testing/index',
  'named-driver': 'cli/driver/named-driver',
  'killed-writer': 'testing/processes/killed-writer',
  'served-driver': 'testing/processes/served-driver',
};
/** They bring machine code or a megabyte, and few registries load them. */
const EXTERNAL = [
  'koffi',
  '@node-rs/bcrypt',
  '@google-cloud/storage',
  'google-auth-library',
  'hash-wasm',
  '@azure/identity',
  '@aws-sdk/client-s3',
  '@aws-sdk/s3-request-presigner',
];

/** Small modules that several parts need: together in a few files, since each would otherwise be a file of its own. */
const TOGETHER = {
  groups: [
    { name: 'core', test: /\/dist\/core\/(?:api|manifests|model|registry(?=\/[^/]*$)|registry\/forwarding)\// },
    {
      name: 'auth',
      test: /\/dist\/plugins\/auth\/(?:basic-credentials|bearer-token|challenge)\.js$/,
    },
    { name: 'tokens', test: /\/dist\/plugins\/auth\/(?:without-tokens|personal\/token-format)\.js$/ },
    { name: 'errors', test: /\/dist\/.*\/(?:configuration-error|error-message|plugin-load-error|suggest)\.js$/ },
    {
      name: 'limits',
      test: /\/dist\/core\/.*\/(?:entry-limit|set-by-age|recording-pause|time-left|latency-histogram)\.js$/,
    },
    { name: 'command', test: /\/dist\/cli\/(?:run-until-signal|usage|usage-error)\.js$/ },
    { name: 'ports', test: /\/dist\/core\/ports\// },
    { name: 'async', test: /\/dist\/core\/async\// },
  ],
};

/** Whether the bundle was made of what is compiled now. */
function isCurrent() {
  const stamp = join(FOLDER, LICENSES);
  return existsSync(stamp) && statSync(stamp).mtimeMs > newest(['dist/.tsbuildinfo', 'bundle.js', 'package-lock.json']);
}

function newest(files) {
  return Math.max(...files.map((file) => (existsSync(file) ? statSync(file).mtimeMs : Number.POSITIVE_INFINITY)));
}

/** The licenses of the libraries whose code is in these modules. */
function licensesOf(modules) {
  const folders = new Set(modules.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]));
  folders.delete(undefined);
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      const text =
        file === undefined ? 'The package has no text of it.' : readFileSync(join(folder, file), 'utf8').trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join('\n---\n\n');
}

/**
 * Imports of `node:http` as `require` would load it. As an ES module it reads all that it exports, of which `WebSocket`
 * loads an HTTP client of 75 modules that nothing here uses: 20 ms and 8 MiB of every process.
 */
const lazyHttp = {
  name: 'lazy-http',
  resolveId: (id, _, { kind }) => (/^(?:node:)?http$/.test(id) && kind === 'import-statement' ? LAZY_HTTP : undefined),
  load: (id) =>
    id === LAZY_HTTP
      ? `const http = process.getBuiltinModule('node:http'); export default http; export const { ${HTTP_NAMES} } = http;`
      : undefined,
};
const LAZY_HTTP = '\0lazy-http';
/** What is imported of it; a name that is missing here fails the build. */
const HTTP_NAMES = 'Agent, createServer, METHODS, request, validateHeaderName, validateHeaderValue';

/**
 * The code without characters beyond ASCII, which stand only in texts. V8 keeps the source of every module, and takes twice
 * the memory for one with a single character beyond Latin-1.
 */
function ascii(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The help of the program under an empty name, and of each command, for a Node that is too old to make it. */
async function helpTexts() {
  const [{ COMMANDS }, { commandUsage, programUsage }] = await Promise.all([
    import('./dist/cli/commands/index.js'),
    import('./dist/cli/usage.js'),
  ]);
  return { '': programUsage(COMMANDS), ...Object.fromEntries(COMMANDS.map((each) => [each.name, commandUsage(each)])) };
}

async function bundle() {
  // A start of a current build does not wait for it.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, module]) => [name, `dist/${module}.js`])),
    platform: 'node',
    external: EXTERNAL,
    plugins: [lazyHttp],
    checks: { eval: false },
  });
  const { output } = await build.generate({ dir: FOLDER, format: 'esm', comments: false, codeSplitting: TOGETHER });
  await build.close();
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const { fileName, code } of output) writeFileSync(join(FOLDER, fileName), ascii(code));
  writeFileSync(join(FOLDER, 'help.json'), JSON.stringify(await helpTexts()));
  writeFileSync(join(FOLDER, LICENSES), licensesOf(output.flatMap(({ moduleIds = [] }) => moduleIds)));
}

process.chdir(dirname(import.meta.filename));
if (!isCurrent()) await bundle();
