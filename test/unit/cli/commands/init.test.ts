import { execFile } from 'node:child_process';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { startRegistry } from '../../../../server/main.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { ANN, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';

const CLI = 'dist/bundle/bin.js';

function stowage(...args: string[]) {
  return runInProcess(args);
}

/** Writes a configuration and returns the output for the operator. */
async function written(t: ExecutionContext, folder: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stowage('init', ...args, folder);
  t.is(code, 0, stderr);
  t.is(stderr, '');
  t.true(stdout.startsWith(`Wrote ${folder}/config.yml\n`), stdout);
  return stdout;
}

/** Does the steps of the operator as the text says: runs openssl, and adds a user. */
async function doSteps(said: string, folder: string): Promise<void> {
  const command = /^ {3}(openssl .*)$/m.exec(said)?.[1];
  if (command !== undefined) await promisify(execFile)('sh', ['-c', command]);
  if (said.includes(' htpasswd -B')) await writeFile(join(folder, 'htpasswd'), `${ANN.line}\n`);
}

/** Starts a registry with the file on a port of its own, and returns the answer of `/v2/`. */
async function answersOf(t: ExecutionContext, folder: string, headers: Record<string, string>): Promise<number> {
  const env = { REGISTRY_HTTP_ADDR: '127.0.0.1:0', REGISTRY_LOG_LEVEL: 'error' };
  const registry = await startRegistry(await loadConfiguration({ path: join(folder, 'config.yml'), env }));
  t.teardown(() => registry.stop());
  const { address } = registry;
  t.is(registry.report.configuration, `${folder}/config.yml`);
  const isTls = address.startsWith('https:');
  const ca = isTls ? await readFile(join(folder, 'certificate.pem')) : undefined;
  const status = await new Promise<number>((resolve, reject) => {
    const request = isTls ? tlsRequest : plainRequest;
    request(`${address.replace('127.0.0.1', isTls ? 'localhost' : '127.0.0.1')}/v2/`, { ca, headers, family: 4 })
      .on('response', (response) => resolve(response.resume().statusCode ?? 0))
      .on('error', reject)
      .end();
  });
  return status;
}

const STATUS = { local: 200, tls: 200, htpasswd: 401, cluster: 200, 'tls,htpasswd': 401, 'tls,htpasswd,cluster': 401 };
for (const [scenarios, status] of Object.entries(STATUS)) {
  testWithCertificates(`init ${scenarios}: the written file is valid and starts after the listed steps`, async (t) => {
    const folder = await tempRoot(t);
    const said = await written(t, folder, scenarios);
    t.deepEqual(await readdir(folder), ['config.yml']);
    await doSteps(said, folder);
    const { code, stderr, stdout } = await stowage('check-config', '--connect', join(folder, 'config.yml'));
    t.is(code, 0, stderr);
    t.notRegex(stderr, /has no effect|deprecated|unknown/);
    t.true(stdout.includes(`rootdirectory: ${folder}/registry-data`), stdout);
    // A folder of several machines may be on NFS, where a collection needs a mount option.
    t.is(/^ {4}gc:$/m.test(await readFile(join(folder, 'config.yml'), 'utf8')), !scenarios.includes('cluster'));
    t.is(await answersOf(t, folder, {}), status);
    if (status === 401) t.is(await answersOf(t, folder, { authorization: basic('ann', ANN.password) }), 200);
  });
}

test('a registry with passwords or TLS does not start until they are provided', async (t) => {
  for (const [scenario, missing] of [
    ['htpasswd', /there is no password file/],
    ['tls', /certificate\.pem/],
  ] as const) {
    const folder = await tempRoot(t);
    await written(t, folder, scenario);
    const { code, stderr } = await stowage('serve', join(folder, 'config.yml'));
    t.is(code, 2);
    t.regex(stderr, missing);
  }
});

test('an existing file is never overwritten, even if it is a dangling link', async (t) => {
  const folder = await tempRoot(t);
  const path = join(folder, 'config.yml');
  await writeFile(path, 'mine');
  const { code, stdout, stderr } = await stowage('init', 'local', folder);
  t.is(code, 2);
  t.is(stdout, '');
  t.is(
    stderr,
    `stowage: ${path} already exists, and nothing was written; move it away, or name another folder; see stowage init --help\n`,
  );
  t.is(await readFile(path, 'utf8'), 'mine');
  const other = await tempRoot(t);
  await symlink(join(other, 'nowhere'), join(other, 'config.yml'));
  t.is((await stowage('init', 'local', other)).code, 2);
  t.deepEqual(await readdir(other), ['config.yml']);
});

test('a folder that cannot be made is a wrong usage in one line', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'file'), '');
  const { code, stderr } = await stowage('init', 'local', join(folder, 'file', 'deeper'));
  t.is(code, 2);
  t.regex(stderr, /^stowage: [^\n]*file\/deeper\/config\.yml cannot be written: ENOTDIR[^\n]*\n$/);
});

test('folders that are missing are made, and names with blanks and quotes are right in YAML and in the shell', async (t) => {
  const folder = join(await tempRoot(t), `a "b" 'c': #d`);
  const said = await written(t, folder, 'htpasswd');
  const check = /^ {3}npx stowage (check-config .*)$/m.exec(said)?.[1] ?? '';
  await doSteps(said, folder);
  const node = process.execPath;
  const { stdout } = await promisify(execFile)('sh', ['-c', `'${node}' ${CLI} ${check}`]);
  t.true(stdout.includes('registry-data'));
});

test('a cluster has a secret of its own, which is not printed, in a file for one user', async (t) => {
  const [one, two] = [await tempRoot(t), await tempRoot(t)];
  const secretOf = async (folder: string) =>
    /^ {2}secret: ([0-9a-f]{64})$/m.exec(await readFile(join(folder, 'config.yml'), 'utf8'))?.[1] ?? '';
  const said = await written(t, one, 'cluster', '--redis', '127.0.0.1:1', '--storage', '/mnt/registry');
  await written(t, two, 'cluster');
  t.is((await secretOf(one)).length, 64);
  t.not(await secretOf(one), await secretOf(two));
  t.false(said.includes(await secretOf(one)));
  t.is((await stat(join(one, 'config.yml'))).mode & 0o777, 0o600);
  const text = await readFile(join(one, 'config.yml'), 'utf8');
  t.regex(text, /^redis:\n {2}addrs: \["127\.0\.0\.1:1"\]$/m);
  t.regex(text, /rootdirectory: \/mnt\/registry$/m);
});

test('a registry that others can reach without passwords is reported as open', async (t) => {
  for (const [args, isOpen] of [
    [['cluster'], true],
    [['tls', '--host', 'a.example.com'], true],
    [['tls,htpasswd', '--host', 'a.example.com'], false],
    [['tls'], false],
    [['local'], false],
  ] as const) {
    const folder = await tempRoot(t);
    const said = await written(t, folder, ...args);
    t.is(said.includes('Anybody who can reach it may push'), isOpen, args.join(' '));
    const text = await readFile(join(folder, 'config.yml'), 'utf8');
    t.is(/^ {2}addr: :5000$/m.test(text), args[0] === 'cluster' || args.length > 1, text);
  }
});
