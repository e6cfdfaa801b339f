import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { COMMANDS } from '../../../cli/commands/index.ts';
import { programUsage } from '../../../cli/usage.ts';
import { logText } from '../../helpers/processes/log-text.ts';
import { type Finished, startNode } from '../../helpers/processes/run-process.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';

const CLI = 'dist/bundle/bin.js';
const VALID = 'version: 0.1\nstorage: inmemory\nhttp: {addr: "127.0.0.1:0"}\n';

/** The program in a process of its own, for what only a process has: its exit code, its streams, its log. */
function stowage(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return startNode([CLI, ...args], env).finished;
}

async function fileWith(t: ExecutionContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-cli-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.yml'), text);
  return join(folder, 'config.yml');
}

test('--help prints the usage', async (t) => {
  t.deepEqual(await stowage(['--help']), { code: 0, stdout: programUsage(COMMANDS), stderr: '' });
});

test('--version prints the version of the package', async (t) => {
  const { code, stdout } = await stowage(['--version']);
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  t.is(code, 0);
  t.is(stdout, `${version}\n`);
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`${signal} ends a registry that is still starting, even if the system would not do so`, async (t) => {
    const file = await fileWith(t, `${VALID}plugins: [./slow.mjs]\n`);
    await writeFile(join(dirname(file), 'slow.mjs'), "process.stdout.write('loading'); await new Promise(() => {});");
    const starting = startNode([CLI, 'serve', file]);
    await starting.said('loading');
    starting.signal(signal);
    t.like(await starting.finished, { code, stdout: 'loading' });
  });
}

for (const workers of [1, 2]) {
  test(`SIGTERM lets a plugin of a starting registry with ${workers} worker(s) release what it has opened`, async (t) => {
    const file = await fileWith(t, `${VALID}plugins: [./slow.mjs]\n`.replace('0"}', `0", workers: ${workers}}`));
    await writeFile(
      join(dirname(file), 'slow.mjs'),
      `import { definePlugin } from 'stowage/plugin';
      export default definePlugin({
        kind: 'event-sink', name: 'slow', contract: 2,
        options: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
        module: (_, { signal }) => new Promise((_, reject) => {
          signal.addEventListener('abort', () => setImmediate(() => {
            process.stdout.write(' released');
            reject(signal.reason);
          }));
          process.stdout.write('loading');
        }),
      });`,
    );
    const starting = startNode([CLI, 'serve', file]);
    await starting.said('loading');
    starting.signal('SIGTERM');
    const { code, stdout, stderr } = await starting.finished;
    t.is(code, 143);
    t.is(stdout, 'loading released');
    t.regex(logText(stderr), /^SIGTERM interrupted the start\n$/m);
  });
}

test('a wrong usage exits with 2 and one line', async (t) => {
  t.deepEqual(await stowage(['surve']), {
    code: 2,
    stdout: '',
    stderr: 'stowage: unknown command "surve", did you mean "serve"? See stowage --help\n',
  });
  t.regex((await runInProcess(['pull'])).stderr, /; see stowage pull --help\n$/);
});

for (const command of ['serve', 'check-config']) {
  test(`${command} exits with 2 for a file that is not there`, async (t) => {
    const { code, stderr, stdout } = await runInProcess([command, '/nowhere/config.yml']);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(logText(stderr), /^\/nowhere\/config\.yml: no such file; [^\n]*\n$/);
  });

  test(`${command} exits with 2 and one line for each problem`, async (t) => {
    const path = await fileWith(t, 'version: 0.1\nstorage: inmemory\nhtpp: {}\nhttp: {addr: x}\n');
    const { code, stderr, stdout } = await stowage([command, path], { REGISTRY_HTTP_NET: 'udp' });
    t.is(code, 2);
    t.is(stdout, '');
    t.deepEqual(logText(stderr).trimEnd().split('\n'), [
      `${path}:3: htpp: unknown key, did you mean "http"?`,
      `${path}:4: http.addr: expected host:port or :port, such as 127.0.0.1:5000, found "x"`,
      'REGISTRY_HTTP_NET: http.net: unknown value "udp", expected one of tcp, unix',
    ]);
  });
}

test('check-config prints the effective configuration, and warnings separately', async (t) => {
  const path = await fileWith(t, `${VALID}redis: {poolsize: 7}\nloglevel: debug\n`);
  const { code, stdout, stderr } = await runInProcess(['check-config'], {
    REGISTRY_CONFIGURATION_PATH: path,
    REGISTRY_HTTP_SECRET: 'HIDDEN',
  });
  t.is(code, 0);
  t.regex(stdout, /^ {2}level: debug$/m);
  t.regex(stdout, /^ {2}secret: "\*{8}"$/m);
  t.deepEqual(stderr.trimEnd().split('\n'), [
    `warning: ${path}:5: loglevel: is deprecated, use log.level`,
    'warning: redis.poolsize: has no effect in this version',
  ]);
});

test('check-config shows only options that their schemas call public', async (t) => {
  const path = await fileWith(
    t,
    'version: 0.1\nstorage: {gcs: {bucket: layers, credentials: {private_key: HIDDEN, client_id: HIDDEN}}}\nauth: {silly: {realm: here, service: there}}\nmiddleware: {storage: [{name: redirect, options: {baseurl: "https://HIDDEN@cdn.example.com/"}}]}\n',
  );
  const { code, stdout, stderr } = await runInProcess(['check-config', path]);
  t.is(code, 0, stderr);
  t.notRegex(stdout, /HIDDEN/);
  for (const shown of ['bucket: layers', 'realm: here', 'client_id: "********"', '@cdn.example.com/']) {
    t.true(stdout.includes(shown), `${shown} in ${stdout}`);
  }
});

for (const command of ['serve', 'check-config', 'rebuild-referrers']) {
  test(`${command} reports all mistakes at once: of the file, of variables, of plugins and of their options`, async (t) => {
    const path = await fileWith(
      t,
      'version: 0.1\nstorage: {filesystem: {maxthreads: many}}\nauth: {silly: {realm: here}}\nhttp: {adr: x}\nproxy: {remoteurl: "https://hub.example.com"}\nplugins: [./nowhere.mjs]\n',
    );
    const { code, stdout, stderr } = await runInProcess([command, path], { REGISTRY_CATALOG_MAXENTRIES: 'x' });
    t.is(code, 2);
    t.is(stdout, '');
    for (const place of [
      ':2: storage.filesystem.maxthreads',
      ':3: auth.silly.service',
      ':4: http.adr',
      ':5: proxy',
      ':6: plugins[0]',
      'REGISTRY_CATALOG_MAXENTRIES: catalog.maxentries',
    ]) {
      t.true(stderr.includes(place), `${place} in ${stderr}`);
    }
  });
}

for (const workers of [1, 2]) {
  test(`serve with ${workers} workers reports the mistakes of all plugins at once if the file is valid`, async (t) => {
    const path = await fileWith(
      t,
      `version: 0.1\nstorage: {filesystem: {maxthreads: many}}\nauth: {silly: {realm: here}}\nhttp: {addr: "127.0.0.1:0", workers: ${workers}}\nplugins: [./nowhere.mjs]\n`,
    );
    const { code, stderr } = await stowage(['serve', path]);
    t.is(code, 2);
    for (const place of ['storage.filesystem.maxthreads', 'auth.silly.service', 'plugins[0]']) {
      t.is(stderr.split(place).length, 2, `${place} once in ${stderr}`);
    }
  });
}

test('the start names the file that it uses in the log, and prints nothing where nobody watches', async (t) => {
  const path = await fileWith(t, VALID);
  const registry = startNode([CLI, 'serve', path]);
  t.teardown(() => registry.signal('SIGKILL'));
  await registry.logged(/configuration read/);
  const [line] = await registry.logged(/^.*"msg":"ready".*$/m);
  t.like(JSON.parse(line), { level: 'info', configuration: path, storage: 'inmemory', access: 'open' });
  registry.signal('SIGTERM');
  t.like(await registry.finished, { code: 0, stdout: '' });
});

test('the service variables of Kubernetes are listed in one debug line', async (t) => {
  const path = await fileWith(t, VALID);
  const env = {
    REGISTRY_AUTH_PORT: 'tcp://10.0.0.1:5001',
    REGISTRY_SERVICE_HOST: '10.0.0.1',
    REGISTRY_LOG_LEVEL: 'debug',
  };
  const registry = startNode([CLI, 'serve', path], env);
  t.teardown(() => registry.signal('SIGKILL'));
  const [line] = await registry.logged(/^.*environment variables that describe other services are ignored.*$/m);
  t.regex(line, /REGISTRY_AUTH_PORT.*REGISTRY_SERVICE_HOST/);
  await registry.logged(/"msg":"ready"/);
  registry.signal('SIGTERM');
  const { stderr } = await registry.finished;
  t.is(stderr.split('are ignored').length, 2, stderr);
});

test('serve exits with 1 and no stack trace when the registry cannot start', async (t) => {
  const occupant = createServer().listen(0, '127.0.0.1');
  t.teardown(() => void occupant.close());
  await once(occupant, 'listening');
  const address = occupant.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const path = await fileWith(t, VALID);
  const { code, stderr } = await stowage(['serve', path], { REGISTRY_HTTP_ADDR: `127.0.0.1:${port}` });
  t.is(code, 1);
  const said = `REGISTRY_HTTP_ADDR: http.addr: 127.0.0.1:${port} is already in use; stop the program that listens there ("ss -ltnp" names it), or choose another port`;
  t.deepEqual(
    stderr.split('\n').filter((line) => !line.startsWith('{')),
    [''],
    'every line has the form of the log',
  );
  t.is(logText(stderr).trimEnd().split('\n').at(-1), said);
});

test('check-config finds wrong options of the driver and of access control at once, and starts nothing', async (t) => {
  const path = await fileWith(
    t,
    'version: 0.1\nstorage: {filesystem: {maxthreads: many, foo: 1}}\nauth: {silly: {realm: here}}\n',
  );
  const { code, stdout, stderr } = await runInProcess(['check-config', path]);
  t.is(code, 2);
  t.is(stdout, '');
  for (const problem of [
    'storage.filesystem.maxthreads',
    'storage.filesystem.foo: unknown key',
    'auth.silly.service',
  ]) {
    t.true(stderr.includes(problem), `${problem} in ${stderr}`);
  }
});

test('check-config names a plugin that is not installed', async (t) => {
  const path = await fileWith(t, 'version: 0.1\nstorage: {nosuchdriver: {}}\n');
  const { code, stderr } = await runInProcess(['check-config', path]);
  t.is(code, 2);
  t.regex(stderr, /nosuchdriver/);
});

test('a slow reader gets every problem, and one that goes away causes no stack trace', async (t) => {
  const unknown = Array.from({ length: 5000 }, (_, index) => `unknown${index}: x\n`).join('');
  const file = await fileWith(t, `version: 0.1\nstorage: inmemory\n${unknown}`);
  const args = [CLI, 'check-config', file];
  const slow = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  for await (const chunk of slow.stderr) {
    text += String(chunk);
    await nextTurn();
  }
  t.is(text.trimEnd().split('\n').length, 5000);
  const gone = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(gone.stderr, 'readable');
  gone.stderr.destroy();
  const [code] = (await once(gone, 'exit')) as [number];
  t.is(code, 2);
});

test('check-config adds no message of its own for twenty wrappers', async (t) => {
  const wrappers = Array.from({ length: 20 }, () => '{name: readonly}').join(', ');
  const file = await fileWith(
    t,
    `version: 0.1\nstorage: inmemory\nhttp: {secret: s}\nmiddleware: {storage: [${wrappers}]}\n`,
  );
  const { code, stderr } = await runInProcess(['check-config', file]);
  t.is(code, 0);
  t.is(stderr, '');
});
