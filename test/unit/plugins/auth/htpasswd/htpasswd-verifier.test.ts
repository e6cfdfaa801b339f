import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hash } from '@node-rs/bcrypt';
import test, { type ExecutionContext } from 'ava';
import { UnauthorizedError } from '../../../../../core/model/errors.ts';
import type { Access, AccessRequest, Grant } from '../../../../../core/ports/access-controller.ts';
import { CredentialsError } from '../../../../../plugins/auth/credentials/credential-verifier.ts';
import { HtpasswdVerifier } from '../../../../../plugins/auth/htpasswd/htpasswd-verifier.ts';
import { costOf } from '../../../../../plugins/auth/htpasswd/parse-htpasswd.ts';
import { PasswordCheck } from '../../../../../plugins/auth/htpasswd/password-check.ts';
import { PasswordSource } from '../../../../../plugins/auth/htpasswd/password-source.ts';
import { loadPlugin } from '../../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../../plugins/loading/plugin-load-error.ts';
import { folderWith } from '../../loading/fixture-folder.ts';
import { ANN, BOB, basic, CYD, EVE } from './fixture-passwords.ts';

const DELETE: Access = { type: 'repository', name: 'a/b', action: 'delete' };

/** The controller over a file that the configuration names by a path relative to its own folder. */
async function controllerOf(
  t: ExecutionContext,
  content: string | undefined,
  options: object = {},
): Promise<{ controller: HeaderController; path: string }> {
  const folder = await folderWith(t, content === undefined ? {} : { 'auth/htpasswd': content });
  const { ports } = await loadPlugin({
    kind: 'access-controller',
    name: 'htpasswd',
    at: 'auth.htpasswd',
    baseFolder: folder,
    options: { realm: 'the "realm"', path: 'auth/htpasswd', ...options },
    warn: () => {},
  });
  return { controller: ports['access-controller'], path: join(folder, 'auth/htpasswd') };
}

/** This controller sees only the header of a request. */
interface HeaderController {
  authorize(request: Pick<AccessRequest, 'authorization'>, accesses: readonly Access[]): Promise<Grant>;
}

const STAFF = [ANN, BOB, CYD, EVE].map(({ line }) => `${line}\n`).join('');

test('every user of the file gets access to everything with the right password', async (t) => {
  const { controller } = await controllerOf(t, STAFF);
  for (const { line, password } of [ANN, BOB, CYD, EVE]) {
    const user = line.slice(0, 3);
    t.deepEqual(await controller.authorize({ authorization: basic(user, password) }, [DELETE]), {
      actor: { name: user },
    });
  }
});

const REFUSED = {
  'no header': undefined,
  'an empty header': '',
  'a wrong password': basic('ann', 'wrong'),
  'the password of another user': basic('ann', EVE.password),
  'an unknown user': basic('mallory', ANN.password),
  'a name of the prototype': basic('constructor', 'x'),
  'an empty user': basic('', ANN.password),
  'another scheme': 'Bearer abc',
  'no base64': 'Basic ***',
  'no colon': 'Basic YW5u',
  'a zero byte': basic('ann', `${ANN.password}\0`),
  'a password that is the right one for bcrypt alone': basic('ann', `${ANN.password}\0${ANN.password}`),
  'a password of a megabyte': basic('ann', 'x'.repeat(1_000_000)),
};
for (const [what, authorization] of Object.entries(REFUSED)) {
  test(`${what} is challenged`, async (t) => {
    const { controller } = await controllerOf(t, STAFF);
    const error = await t.throwsAsync(controller.authorize({ authorization }, []), { instanceOf: UnauthorizedError });
    t.is(error.code, 'UNAUTHORIZED');
    t.is(error.challenge, 'Basic realm="the \\"realm\\""');
  });
}

test('an unknown user and a wrong password get the same answer', async (t) => {
  const { controller } = await controllerOf(t, STAFF);
  const detailOf = async (authorization: string) =>
    (await t.throwsAsync(controller.authorize({ authorization }, []), { instanceOf: UnauthorizedError })).detail;
  t.deepEqual(await detailOf(basic('mallory', 'x')), await detailOf(basic('ann', 'x')));
});

/** A verifier over a file; time stands still, long after the file was written. */
async function verifierOf(t: ExecutionContext, content: string) {
  const folder = await folderWith(t, { users: content });
  const path = join(folder, 'users');
  const clock = { ms: Date.now() + 60_000 };
  const source = await PasswordSource.open(path, { warn: () => {}, now: () => clock.ms });
  const verifier = new HtpasswdVerifier(source, new PasswordCheck());
  const verify = (user: string, password: string) => verifier.verify({ user, secret: Buffer.from(password) });
  return { path, clock, verifier, verify };
}

test('a log-in takes place by the file as it is now: new users and passwords are valid, old ones are not', async (t) => {
  const { path, verify } = await verifierOf(t, `${ANN.line}\n${BOB.line}\n`);
  const refused = (user: string, password: string) =>
    t.throwsAsync(verify(user, password), { instanceOf: CredentialsError });
  await verify('ann', ANN.password);
  await verify('bob', BOB.password);
  await writeFile(path, `${BOB.line.replace(/:.*/, EVE.line.slice(3))}\n${CYD.line}\n`);
  await refused('ann', ANN.password);
  await refused('bob', BOB.password);
  await verify('bob', EVE.password);
  await writeFile(path, `${CYD.line.replace(/:.*/, ANN.line.slice(3))}\n${EVE.line}\n`);
  await verify('cyd', ANN.password);
  await verify('eve', EVE.password);
  await refused('bob', EVE.password);
});

test('the credential of a new password is valid at once, that of the old one for a second', async (t) => {
  const { path, clock, verifier, verify } = await verifierOf(t, `${ANN.line}\n`);
  const { credential: before } = await verify('ann', ANN.password);
  t.deepEqual(await verifier.current('ann', before), {});
  await writeFile(path, `ann${EVE.line.slice(3)}\n`);
  t.deepEqual(await verifier.current('ann', before), {});
  clock.ms += 1000;
  t.is(await verifier.current('ann', before), undefined);
  const { credential: after } = await verify('ann', EVE.password);
  await writeFile(path, `${ANN.line}\n`);
  t.deepEqual(await verifier.current('ann', before), {}, 'another process may have seen the file change');
  t.is(await verifier.current('ann', after), undefined);
});

test('while the file is gone, only its former users can log in', async (t) => {
  const { controller, path } = await controllerOf(t, STAFF);
  await rm(path);
  t.deepEqual(await controller.authorize({ authorization: basic('ann', ANN.password) }, []), {
    actor: { name: 'ann' },
  });
  for (const wrong of [basic('ann', 'wrong'), basic('mallory', ANN.password), undefined]) {
    await t.throwsAsync(controller.authorize({ authorization: wrong }, []), { instanceOf: UnauthorizedError });
  }
});

test('once the file is emptied every log-in is refused, even of a user who was in it', async (t) => {
  const { path, verify } = await verifierOf(t, STAFF);
  await verify('ann', ANN.password);
  await writeFile(path, '');
  await t.throwsAsync(verify('ann', ANN.password), { code: 'UNAVAILABLE' });
});

test('a user whose line has another format is refused like an unknown one', async (t) => {
  const { controller } = await controllerOf(t, `${BOB.line}\nann:plain\n`);
  await t.throwsAsync(controller.authorize({ authorization: basic('ann', 'plain') }, []), {
    instanceOf: UnauthorizedError,
  });
  t.deepEqual(await controller.authorize({ authorization: basic('bob', BOB.password) }, []), {
    actor: { name: 'bob' },
  });
});

test('only the first 72 bytes of a password count, as everywhere with bcrypt', async (t) => {
  const long = 'x'.repeat(72);
  const { controller } = await controllerOf(t, `ann:${await hash(`${long}tail`, 4)}\n`);
  t.deepEqual(await controller.authorize({ authorization: basic('ann', `${long}other`) }, []), {
    actor: { name: 'ann' },
  });
  const shorter = { authorization: basic('ann', long.slice(1)) };
  await t.throwsAsync(controller.authorize(shorter, []), { instanceOf: UnauthorizedError });
});

test('every refusal takes the same number of bcrypt rounds, even for a user with a cheap hash or an unknown one', async (t) => {
  const folder = await folderWith(t, { users: `${ANN.line}\n${EVE.line}\n${CYD.line.replace('$04$', '$09$')}` });
  const source = await PasswordSource.open(join(folder, 'users'), { warn: () => {} });
  let rounds = 0;
  const check = new PasswordCheck({
    verify: (_password, line) => {
      rounds += 2 ** costOf(line);
      return Promise.resolve(false);
    },
  });
  const verifier = new HtpasswdVerifier(source, check);
  for (const user of ['ann', 'eve', 'cyd', 'mallory']) {
    rounds = 0;
    const refused = verifier.verify({ user, secret: Buffer.from(user) });
    await t.throwsAsync(refused, { instanceOf: CredentialsError });
    t.is(rounds, 2 ** 9, user);
  }
});

test('during many log-ins, a user waits as long as an unknown one for the answer that a password is wrong', async (t) => {
  const folder = await folderWith(t, { users: `${ANN.line}\n${EVE.line}\n` });
  const source = await PasswordSource.open(join(folder, 'users'), { warn: () => {} });
  const check = new PasswordCheck({ verify: () => setImmediate(false), maxRunning: 1 });
  const verifier = new HtpasswdVerifier(source, check);
  for (const user of ['ann', 'eve', 'mallory']) {
    const order: string[] = [];
    const logIn = async (name: string, password: string): Promise<void> => {
      await t.throwsAsync(verifier.verify({ user: name, secret: Buffer.from(password) }), {
        instanceOf: CredentialsError,
      });
      order.push(name);
    };
    // The same password as an unknown user before, and others in between.
    await Promise.all([logIn('nobody', 'x'), logIn('filler', '1'), logIn('filler', '2'), logIn(user, 'x')]);
    t.is(order.indexOf(user), 3, user);
    order.length = 0;
    await Promise.all([logIn(user, 'x'), logIn('filler', '1'), logIn('filler', '2')]);
    t.is(order.indexOf(user), 0, user);
  }
});

test('many simultaneous requests of one user are all granted', async (t) => {
  const { controller } = await controllerOf(t, STAFF);
  const ann = { authorization: basic('ann', ANN.password) };
  const grants = await Promise.all(Array.from({ length: 300 }, () => controller.authorize(ann, [])));
  t.true(grants.every(({ actor }) => actor?.name === 'ann'));
});

for (const [what, code, content, options] of [
  ['auth.htpasswd.path: there is no password file', 'wrong-options', undefined, {}],
  ['line 1: it is not user:hash, as htpasswd -B writes it', 'wrong-options', 'nonsense\n', {}],
  ['auth.htpasswd.realm: is missing; it must be a string', 'wrong-options', STAFF, { realm: undefined }],
  ['auth.htpasswd.path: must be the path of a password file', 'wrong-options', STAFF, { path: 7 }],
  ['auth.htpasswd.pth: unknown key, did you mean "path"?', 'wrong-options', STAFF, { pth: 'x' }],
] as const) {
  test(`nothing starts with: ${what}`, async (t) => {
    const error = await t.throwsAsync(controllerOf(t, content, options), { instanceOf: PluginLoadError });
    t.is(error.code, code);
    t.true(error.message.includes(what), error.message);
    t.regex(String(error.message), /^auth\.htpasswd: /);
  });
}
