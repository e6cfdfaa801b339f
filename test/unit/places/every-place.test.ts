import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { digestOf, imageManifest, OCI_MANIFEST, Registry } from '../../helpers/http/with-registry.ts';
import { type Finished, type Running, startNode } from '../../helpers/processes/run-process.ts';
import { pluginSource } from '../plugins/loading/fixture-folder.ts';
import { type Addition, filesOf } from './additions.ts';
import { treeWithAdditions } from './tree-with-additions.ts';

let root = '';
test.before('the tree with one more of everything compiles', async () => {
  root = await treeWithAdditions();
});
test.after.always(() => rm(root, { recursive: true, force: true }));

/** How many files each addition may touch: new ones, and tables that name them. A page of documentation is a file, too. */
const PLACES: Readonly<Record<Addition, readonly [added: number, changed: number]>> = {
  'plugin kind': [2, 2],
  driver: [2, 1],
  'mark reloads': [0, 1],
  command: [2, 1],
  job: [1, 1],
  'error code': [0, 2],
  'manifest format': [1, 1],
  'digest algorithm': [1, 1],
  route: [2, 2],
  'test suite': [1, 1],
};

for (const [addition, expected] of Object.entries(PLACES) as [Addition, (typeof PLACES)[Addition]][]) {
  const [added, changed] = expected;
  test(`another ${addition} touches ${added + changed} files, and ${added} of them are new`, (t) => {
    const files = filesOf(addition);
    t.deepEqual([files.added.length, files.changed.length], [added, changed]);
  });
}

const GREETER = pluginSource('greeter', `() => bindPort(stowage.GREETER, { greet: () => 'hello' })`);
const MUTE = pluginSource('greeter', '() => bindPort(stowage.GREETER, {})');
const COFFEE = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, { name: 'coffee', routes: [{ path: '/cup', methods: [
    { method: 'GET', access: 'none', handle: async () => { throw new RegistryError('TEAPOT', { size: 'small' }); } },
  ] }] })`,
);

/** A folder with a configuration that names the new driver and these plugins. */
async function configured(t: ExecutionContext, plugins: Readonly<Record<string, string>>): Promise<string> {
  const folder = await tempRoot(t);
  for (const [name, source] of Object.entries(plugins)) await writeFile(join(folder, name), source);
  await writeFile(join(folder, 'config.yml'), configuration(Object.keys(plugins), 1));
  return join(folder, 'config.yml');
}

function configuration(plugins: readonly string[], maxentries: number): string {
  const http = { addr: '127.0.0.1:0', secret: 'known to every test' };
  return JSON.stringify({
    version: 0.1,
    storage: { dummy: {} },
    http,
    catalog: { maxentries },
    plugins: plugins.map((name) => `./${name}`),
  });
}

function stowage(...args: readonly string[]): Running {
  return startNode([join(root, 'dist/bundle/bin.js'), ...args]);
}

function run(...args: readonly string[]): Promise<Finished> {
  return stowage(...args).finished;
}

test('the new command is listed and runs', async (t) => {
  t.regex((await run('--help')).stdout, /^ {2}greet \[name\] +say hello$/m);
  t.deepEqual(await run('greet', 'Ada'), { code: 0, stdout: 'hello Ada\n', stderr: '' });
  t.regex((await run('greet', 'Ada', 'Bob')).stderr, /unexpected argument "Bob"/);
});

test('the new job is listed with its schedule and runs, on the new driver', async (t) => {
  const config = await configured(t, {});
  t.true((await run('jobs', config)).stdout.startsWith('count: counts to three\n  runs: every 1m\n'));
  t.regex((await run('run', 'count', config)).stdout, /^count: counted 3 \(/);
});

test('a plugin of the new kind is loaded, checked and documented', async (t) => {
  const { stderr, code } = await run('serve', await configured(t, { 'mute.mjs': MUTE }));
  t.is(code, 2);
  t.true(stderr.includes('its greeter lacks greet'), stderr);
  const url = pathToFileURL(join(root, 'dist/docs/generator/plugin-kinds.js')).href;
  const script = `console.log((await import('${url}')).kindTable())`;
  const { stdout } = await startNode(['--input-type=module', '--eval', script]).finished;
  t.regex(
    stdout,
    /^\| `greeter` +\| `GREETER` +\| `greeters:`, `greetings:`, `plugins:` +\| many +\| `stowage-greeter-\*` +\|$/m,
  );
});

test('the new driver, kind, route, error code, format, algorithm and mark work in a registry', async (t) => {
  const config = await configured(t, { 'greeter.mjs': GREETER, 'coffee.mjs': COFFEE });
  const serving = stowage('serve', config);
  t.teardown(() => serving.signal('SIGKILL'));
  const [, address = ''] = await serving.logged(/"?address"?[:=] ?"?(http:\/\/[\d.:]+)/);
  const registry = new Registry({ address }, { stop: async () => undefined, root: '' });

  const refused = await registry.ask('GET', '/v2/_ext/coffee/cup');
  t.like(refused, { status: 418 });
  t.is(refused.headers['retry-after'], '7');
  t.like(JSON.parse(refused.text), {
    errors: [{ code: 'DENIED', message: 'no coffee here', detail: { size: 'small' } }],
  });

  t.is((await registry.ask('GET', '/v2/_motto')).text, '"festina lente"');

  const digest = digestOf('bytes', 'sha384');
  t.is((await registry.ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: 'bytes' })).status, 201);
  t.is((await registry.ask('GET', `/v2/a/blobs/${digest}`)).text, 'bytes');

  await registry.pushImage('a', 'v1', 'layer');
  const type = 'application/vnd.dummy.image+json';
  const body = imageManifest('layer').replace(OCI_MANIFEST, type);
  t.is((await registry.putManifest('a', 'v2', { body, type })).status, 201);
  const { headers } = await registry.ask('GET', '/v2/a/manifests/v2', { headers: { Accept: type } });
  t.is(headers['content-type'], type);

  await registry.pushImage('b', 'v1');
  const catalog = async (): Promise<unknown> => JSON.parse((await registry.ask('GET', '/v2/_catalog')).text);
  t.deepEqual(await catalog(), { repositories: ['a'] });
  await writeFile(config, configuration(['greeter.mjs', 'coffee.mjs'], 2));
  serving.signal('SIGHUP');
  await serving.logged(/catalog\.maxentries was changed/);
  // Reloads run one after the other, so that the end of a second one means the end of the first.
  serving.signal('SIGHUP');
  await serving.logged(/nothing has changed/);
  t.deepEqual(await catalog(), { repositories: ['a', 'b'] });
  serving.signal('SIGTERM');
  t.is((await serving.finished).code, 0);
});

// Before the others, because their processes read package.json, which this one writes.
test.serial('the new suite has its script and its files after npm run suites', async (t) => {
  await promisify(execFile)(process.execPath, ['test/check-suites.js', '--write'], { cwd: root });
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
  t.like(scripts, { 'test:dummy': 'npm run -s build && SUITE=dummy ava' });
  const script = `console.log(JSON.stringify((await import('${pathToFileURL(join(root, 'ava.config.js')).href}')).default))`;
  const { stdout } = await startNode(['--input-type=module', '--eval', script], { SUITE: 'dummy' }).finished;
  t.like(JSON.parse(stdout), { files: ['test/suites/dummy/**/*.test.ts'], timeout: '1m' });
});
