import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RegistryError, UnauthorizedError } from '../../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../../core/ports/access-controller.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { clientCommands, userOf } from '../../../helpers/running/client-commands.ts';

/** Lets `ann` do everything, and `bob` pull. */
class TwoUsers implements AccessController {
  async authorize({ authorization }: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const text = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    if (text !== 'ann:secret' && text !== 'bob:secret') throw new UnauthorizedError('Basic realm="test"');
    const [name = ''] = text.split(':');
    if (name === 'bob' && accesses.some(({ action }) => action !== 'pull')) throw new RegistryError('DENIED');
    return Promise.resolve({ actor: { name } });
  }
}

async function guarded(t: ExecutionContext) {
  return userOf(t, await serveRegistry(t, memoryRegistry(), new TwoUsers()));
}

test('login keeps credentials that the registry accepts, and later commands use them', async (t) => {
  const { host, home, withInput, stowage } = await guarded(t);
  t.is((await stowage('tags', `${host}/app`)).code, 5);
  const { code, stdout, stderr } = await withInput('secret\n', 'login', host, '-u', 'ann', '--password-stdin');
  t.is(code, 0, stderr);
  const file = join(home, '.docker/config.json');
  t.is(stdout, `logged in to ${host} as ann; the credentials are kept in ${file} (auths "${host}")\n`);
  t.is(stderr, '');
  t.deepEqual(JSON.parse(await readFile(file, 'utf8')), {
    auths: { [host]: { auth: Buffer.from('ann:secret').toString('base64') } },
  });
  t.is((await stowage('tags', `${host}/app`)).code, 4);
});

test('login keeps nothing that the registry refuses', async (t) => {
  const { host, home, withInput } = await guarded(t);
  const { code, stdout, stderr } = await withInput('wrong', 'login', host, '-u', 'ann', '--password-stdin');
  t.is(code, 5);
  t.is(stdout, '');
  t.regex(stderr, /401 UNAUTHORIZED.*; check the credentials from standard input/);
  t.notRegex(stderr, /wrong/);
  await t.throwsAsync(readFile(join(home, '.docker/config.json')), { code: 'ENOENT' });
});

test('login to a repository proves that a push is allowed, and stores nothing there', async (t) => {
  const { host, withInput, stowage } = await guarded(t);
  const login = (user: string, ...args: string[]) =>
    withInput('secret', 'login', `${host}/team/app`, '-u', user, '--password-stdin', ...args);
  const allowed = await login('ann');
  t.is(allowed.code, 0, allowed.stderr);
  t.regex(allowed.stdout, /; a push to \S+\/team\/app is allowed\n$/);
  t.is((await stowage('tags', `${host}/team/app`)).code, 4);
  const refused = await login('bob');
  t.is(refused.code, 5);
  t.regex(
    refused.stderr,
    /bob is logged in, but a push to team\/app is not allowed; ask the operator for the permission/,
  );
  t.like(await login('bob', '--pull-only'), { code: 0 });
});

test('login to a registry that asks for nothing says that nothing is proven', async (t) => {
  const { host, stowage } = await clientCommands(t);
  const { code, stderr } = await stowage('login', host, '-u', 'ann', '-p', 'x');
  t.is(code, 0);
  t.regex(stderr, /^warning: .* accepted this client without credentials, so they were not verified\n$/);
});

test('an error that credentials could help with names the file and the key that they come from', async (t) => {
  const { host, home, stowage } = await guarded(t);
  await mkdir(join(home, 'run/containers'), { recursive: true });
  const file = join(home, 'run/containers/auth.json');
  const auth = Buffer.from('ann:old').toString('base64');
  await writeFile(file, JSON.stringify({ auths: { [host]: { auth } } }));
  const { code, stderr } = await stowage('tags', `${host}/app`);
  t.is(code, 5);
  t.true(stderr.includes(`check the credentials from ${file} (auths "${host}")`), stderr);
});

test('a file of credentials that is wrong ends with 2', async (t) => {
  const { host, home, stowage } = await guarded(t);
  await writeFile(join(home, 'auth.json'), '{');
  const { code, stderr } = await stowage('tags', `${host}/app`, '--authfile', join(home, 'auth.json'));
  t.is(code, 2, stderr);
  t.regex(stderr, /auth\.json: is not valid JSON/);
});

test('logout forgets credentials, and names those that are left', async (t) => {
  const { host, home, stowage } = await guarded(t);
  await stowage('login', host, '-u', 'ann', '-p', 'secret');
  t.deepEqual(await stowage('logout', host), { code: 0, stdout: `logged out of ${host}\n`, stderr: '' });
  t.like(await stowage('logout', host), { code: 0, stdout: `there were no credentials for ${host}\n` });
  await mkdir(join(home, '.config/containers'), { recursive: true });
  const auth = Buffer.from('ann:secret').toString('base64');
  await writeFile(join(home, '.config/containers/auth.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  t.regex((await stowage('logout', host)).stderr, /still has credentials in \S+auth\.json \(auths /);
});

for (const [args, message] of [
  [['login', 'a'], /--username is missing/],
  [['login', 'a', '-u', 'b'], /give --password-stdin or --password/],
  [['login', 'a', '-u', 'b', '-p', 'c', '--password-stdin'], /give --password-stdin or --password/],
  [['login', 'a', '-u', 'b:c', '-p', 'c'], /--username must not be empty or contain a colon/],
  [['login', 'https://a', '-u', 'b', '-p', 'c'], /without the scheme/],
  [['login', 'a', '-u', 'b', '--password-stdin'], /standard input contains no password/],
] as const) {
  test(`"stowage ${args.join(' ')}" is a wrong usage`, async (t) => {
    const { stowage } = await guarded(t);
    const { code, stderr } = await stowage(...args);
    t.is(code, 2);
    t.regex(stderr, message);
  });
}
