import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../../../../cli/check-config/connect.ts';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

const CLI = 'dist/bundle/bin.js';
/** Without one the registry has a warning. */
const ENV = { REGISTRY_HTTP_SECRET: 'secret' };

/** A driver that keeps everything in memory and records its calls; `overrides` replace its methods. */
function notingDriver(overrides = ''): string {
  return `import { appendFileSync } from 'node:fs';
    import memory from ${JSON.stringify(pathToFileURL('dist/drivers/memory/index.js').href)};
    export default { ...memory, create: async (options, context) => {
      const driver = await memory.create({}, context);
      const note = (call) => (path, ...rest) => {
        appendFileSync(context.baseFolder + '/calls', call + ' ' + path + '\\n');
        return driver[call](path, ...rest);
      };
      const calls = Object.fromEntries(
        ['stat', 'read', 'write', 'openWriter', 'list', 'move', 'delete'].map((call) => [call, note(call)]));
      return {
        name: driver.name, capabilities: driver.capabilities, ...calls, ${overrides}
        [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
      };
    } };`;
}

/** The problems and warnings of this configuration in a folder with these files. */
async function tried(
  t: ExecutionContext,
  { text, files = {}, stepMs }: { text: string; files?: Readonly<Record<string, string>>; stepMs?: number },
) {
  const folder = await folderWith(t, files);
  const path = join(folder, 'config.yml');
  const loaded = await loadConfiguration({ path, text: `version: 0.1\n${text.replaceAll('{}', folder)}\n`, env: ENV });
  const warnings: string[] = [];
  const problems = await connect(loaded, { warn: (message) => void warnings.push(message), stepMs });
  return { folder, warnings, problems: problems.map((problem) => String(problem).replaceAll(`${folder}/`, '')) };
}

/** Every file and folder below one, with the time of its last change. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const states = await Promise.all(
    ['', ...names].map(async (name) => [name, String((await stat(join(folder, name))).mtimeMs)] as const),
  );
  return Object.fromEntries(states);
}

test('a storage that a registry uses passes, and stays as it is', async (t) => {
  const files = { 'root/docker/registry/v2/repositories/a/_layers/x': 'x', 'root/.stowage/tmp/other~1~2~3': 'y' };
  const folder = await folderWith(t, files);
  const before = await snapshot(folder);
  const text = `version: 0.1\nstorage: {filesystem: {rootdirectory: ${folder}/root}}`;
  const loaded = await loadConfiguration({ path: join(folder, 'config.yml'), text, env: ENV });
  t.deepEqual(await connect(loaded, { warn: (message) => t.fail(message) }), []);
  t.deepEqual(await snapshot(folder), before);
});

test('a storage without the hidden folder of the driver gets none', async (t) => {
  const { folder, problems, warnings } = await tried(t, {
    text: 'storage: {filesystem: {rootdirectory: "{}/root"}}',
    files: { 'root/docker/registry/v2/blobs/x': '' },
  });
  t.deepEqual([problems, warnings], [[], []]);
  t.deepEqual(await readdir(join(folder, 'root')), ['docker']);
});

test('a missing root is not created, because the start will create it', async (t) => {
  const { folder, problems, warnings } = await tried(t, {
    text: 'storage: {filesystem: {rootdirectory: "{}/a/root"}}',
  });
  t.deepEqual(problems, []);
  t.deepEqual(warnings, [`${folder}/a/root does not exist yet; the start creates it`]);
  t.deepEqual(await readdir(folder), []);
});

for (const [what, root] of [
  ['a file', 'file'],
  ['below a file', 'file/root'],
  ['a link that leads nowhere', 'link'],
] as const) {
  test(`a root that is ${what} is a problem`, async (t) => {
    const folder = await folderWith(t, { file: '' });
    await symlink('nowhere', join(folder, 'link'));
    const text = `version: 0.1\nstorage: {filesystem: {rootdirectory: ${folder}/${root}}}`;
    const loaded = await loadConfiguration({ path: join(folder, 'config.yml'), text, env: ENV });
    const problems = await connect(loaded, { warn: (message) => t.fail(message) });
    t.is(problems.length, 1);
    t.regex(String(problems[0]), /config\.yml:2: storage\.filesystem: .*\n {2}storage\.filesystem: cannot use/);
  });
}

const NOTING = { 'noting.mjs': notingDriver() };

test('a driver without a way to inspect its store is listed, and a file is written and deleted', async (t) => {
  const { folder, problems, warnings } = await tried(t, { text: 'storage: {./noting.mjs: ~}', files: NOTING });
  t.deepEqual([problems, warnings], [[], []]);
  const calls = (await readFile(join(folder, 'calls'), 'utf8')).trimEnd().split('\n');
  t.deepEqual(
    calls.map((call) => call.replace(/-[0-9a-f-]{36}$/, '')),
    ['list /', 'write /stowage-check-config', 'delete /stowage-check-config'],
  );
  t.is(calls[1]?.split(' ')[1], calls[2]?.split(' ')[1]);
});

test('nothing is written if the registry is read-only', async (t) => {
  const { folder, problems } = await tried(t, {
    text: 'storage: {./noting.mjs: ~, maintenance: {readonly: {enabled: true}}}',
    files: NOTING,
  });
  t.deepEqual(problems, []);
  t.is(await readFile(join(folder, 'calls'), 'utf8'), 'list /\n');
});

test('nothing is written if a wrapper makes the storage read-only', async (t) => {
  const { folder, problems } = await tried(t, {
    text: 'storage: {./noting.mjs: ~}\nmiddleware: {storage: [{name: readonly}]}',
    files: NOTING,
  });
  t.deepEqual(problems, []);
  t.is(await readFile(join(folder, 'calls'), 'utf8'), 'list /\n');
});

test('a driver that can check a folder is asked to, and nothing is written', async (t) => {
  const check = `check: async (folders, { writes }) => {
    appendFileSync(context.baseFolder + '/calls', 'check ' + folders + ' ' + writes + '\\n');
    if (writes) throw new Error('no ink');
  },`;
  const { folder, problems } = await tried(t, {
    text: 'storage: {./noting.mjs: ~}',
    files: { 'noting.mjs': notingDriver(check) },
  });
  t.is(problems.length, 1);
  t.regex(String(problems[0]), /config\.yml:2: storage.*no ink/);
  t.is(await readFile(join(folder, 'calls'), 'utf8'), 'list /\ncheck / true\n');
});

test('a storage that takes no writes is a problem that names the key to allow it', async (t) => {
  const { problems } = await tried(t, {
    text: 'storage: {./noting.mjs: ~}',
    files: { 'noting.mjs': notingDriver(`write: async () => { throw new Error('no ink'); },`) },
  });
  t.is(problems.length, 1);
  t.regex(String(problems[0]), /config\.yml:2: storage.*cannot be written, so pushes would be refused: .*no ink/);
  t.regex(String(problems[0]), /storage\.maintenance\.readonly\.enabled/);
});

test('a file that cannot be deleted again is named in a warning', async (t) => {
  const { problems, warnings } = await tried(t, {
    text: 'storage: {./noting.mjs: ~}',
    files: { 'noting.mjs': notingDriver(`delete: async () => { throw new Error('ink stays'); },`) },
  });
  t.deepEqual(problems, []);
  t.regex(String(warnings[0]), /nothing can be deleted, not even \/stowage-check-config-.*ink stays/);
});

const NEVER = 'new Promise(() => undefined)';

test('every problem is reported at once, and a step that hangs is abandoned', async (t) => {
  const { problems } = await tried(t, {
    text: `storage: {./hanging.mjs: ~}
auth: {htpasswd: {realm: here, path: users}}
plugins: [./throwing.mjs, ./endless.mjs]
middleware: {storage: [{name: ./wrapper.mjs}]}
redis: {addrs: ["127.0.0.1:1"]}
plugintimeout: 0s`,
    files: {
      'hanging.mjs': `import memory from ${JSON.stringify(pathToFileURL('dist/drivers/memory/index.js').href)};
        export default { ...memory, create: () => ${NEVER} };`,
      'throwing.mjs': pluginSource('event-sink', `() => { throw new Error('no tape'); }`),
      'endless.mjs': pluginSource('event-sink', `() => ${NEVER}`),
      'wrapper.mjs': pluginSource('driver-wrapper', `() => { throw new Error('no paper'); }`),
    },
    stepMs: 500,
  });
  for (const pattern of [
    /config\.yml:6: redis: Redis cannot be used: .*ECONNREFUSED/,
    /config\.yml:4: plugins\[0\]: [^]*no tape/,
    /config\.yml:4: plugins\[1\]: [^]*did not finish within 0\.5 s/,
    /config\.yml:3: auth\.htpasswd: [^]*there is no password file/,
    /config\.yml:5: middleware\.storage\[0\]: [^]*no paper/,
    /config\.yml:2: storage\[[^]*create\(\) did not finish within 0\.5 s/,
  ]) {
    t.is(problems.filter((problem) => pattern.test(problem)).length, 1, `${String(pattern)} in ${problems.join('\n')}`);
  }
  t.is(problems.length, 6);
});

const wrapper = (wrap: string) =>
  pluginSource('registry-wrapper', `() => bindPort(REGISTRY_WRAPPER, { wrap: ${wrap} })`);

test('wrappers of the registry that do not wrap it are reported, also when another plugin fails', async (t) => {
  const { problems } = await tried(t, {
    text: `storage: inmemory
plugins: [./throwing.mjs, ./sink.mjs, ./endless.mjs]
middleware:
  registry: [{name: ./nothing.mjs}]
  repository: [{name: ./throwing.mjs, repositories: [team/*]}]`,
    files: {
      'sink.mjs': pluginSource('event-sink', `() => { throw new Error('no tape'); }`),
      'nothing.mjs': wrapper('() => ({ hello: 1 })'),
      'throwing.mjs': wrapper(`async () => { throw new Error('no paper'); }`),
      'endless.mjs': wrapper(`() => ${NEVER}`),
    },
    stepMs: 500,
  });
  for (const pattern of [
    /config\.yml:3: plugins\[0\]: [^]*no paper/,
    /config\.yml:3: plugins\[1\]: [^]*no tape/,
    /config\.yml:3: plugins\[2\]: [^]*wrap\(\) did not finish within 0\.5 s/,
    /config\.yml:5: middleware\.registry\[0\]: [^]*registry's service "layers"/,
    /config\.yml:6: middleware\.repository\[0\]: [^]*no paper/,
  ]) {
    t.is(problems.filter((problem) => pattern.test(problem)).length, 1, `${String(pattern)} in ${problems.join('\n')}`);
  }
  t.is(problems.length, 5);
});

test('a wrapper of the registry gets a registry that it can read and fill, and the storage stays empty', async (t) => {
  const { folder, problems, warnings } = await tried(t, {
    text: `storage: {filesystem: {rootdirectory: "{}/root"}}
plugins: [./careful.mjs]
middleware: {registry: [{name: immutable-tags}]}`,
    files: {
      'root/kept': '',
      'careful.mjs': wrapper(`async (inner) => {
        const { items } = await inner.catalog.list({ limit: 1 });
        if (items.length > 0) throw new Error('not empty');
        await (await inner.layers.upload("team/app")).close();
        return new ForwardingRegistry(inner);
      }`),
    },
  });
  t.deepEqual([problems, warnings], [[], []]);
  t.deepEqual(await readdir(join(folder, 'root')), ['kept']);
});

test('the warnings of plugins are reported', async (t) => {
  const users = 'ann:$2y$04$4GoQ24J5fDRS5NHuiyYvAOGb71BJ69pc5aEgPkJ1pmIDZvl2f2SMC\nbob:secret\n';
  const text = 'storage: inmemory\nauth: {htpasswd: {realm: here, path: users}}';
  const { problems, warnings } = await tried(t, { text, files: { users } });
  t.deepEqual(problems, []);
  t.is(warnings.length, 1);
  t.regex(String(warnings[0]), /line 2: the hash is not bcrypt/);
});

for (const [what, text, code, output] of [
  ['0 when everything can be used', 'storage: inmemory', 0, /^$/],
  [
    '1 when something cannot be used',
    'storage: {filesystem: {rootdirectory: /dev/null}}',
    1,
    /cannot use "\/dev\/null"/,
  ],
  [
    '2 when the configuration itself is wrong, with what cannot be used',
    'storage: {filesystem: {rootdirectory: /dev/null}}\nplugins: [stowage-nobody]',
    2,
    /plugins\[0\]: plugin "stowage-nobody" is not installed[^]*cannot use "\/dev\/null"/,
  ],
] as const) {
  test(`check-config --connect exits with ${what}`, async (t) => {
    const folder = await folderWith(t);
    await mkdir(join(folder, 'c'));
    const path = join(folder, 'c', 'config.yml');
    await writeFile(path, `version: 0.1\n${text}\n`);
    const finished = await startNode([CLI, 'check-config', '--connect', path], ENV).finished;
    t.is(finished.code, code, finished.stderr);
    t.regex(finished.stderr, output);
    t.is(finished.stdout === '', code !== 0);
    t.true(finished.stderr.split('is not installed').length <= 2, 'no problem is told twice');
  });
}

test('the file of the audit log is checked, and not made', async (t) => {
  const text = (file: string): string => `storage: inmemory\nlog:\n  audit: {file: ${file}}`;
  const { folder, problems } = await tried(t, { text: text('audit.log') });
  t.deepEqual(problems, []);
  t.deepEqual(await readdir(folder), []);
  const missing = await tried(t, { text: text('none/audit.log') });
  t.regex(
    missing.problems.join(),
    /config\.yml:4: log\.audit\.file: cannot be opened for writing: .*create its folder/,
  );
  const occupied = await tried(t, { text: text('here'), files: { 'here/file': '' } });
  t.regex(occupied.problems.join(), /log\.audit\.file: cannot be opened for writing: here is a folder/);
});
