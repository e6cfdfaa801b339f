import { validateHeaderValue } from 'node:http';
import test from 'ava';
import { UnauthorizedError } from '../../../../core/model/errors.ts';
import type { Access } from '../../../../core/ports/access-controller.ts';
import { SillyAccess } from '../../../../plugins/auth/silly.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';

const silly = new SillyAccess({ realm: 'realm-test', service: 'service-test' });
const PULL: Access = { type: 'repository', name: 'foo/bar', action: 'pull' };
const PUSH: Access = { ...PULL, action: 'push' };

async function challengeOf(controller: SillyAccess, accesses: readonly Access[]): Promise<string> {
  try {
    await controller.authorize({ authorization: undefined }, accesses);
  } catch (error) {
    if (error instanceof UnauthorizedError) return error.challenge;
    throw error;
  }
  throw new Error('nobody was challenged');
}

test('any Authorization header is let in as the user silly', async (t) => {
  for (const authorization of ['Bearer x', 'Basic eA==', 'seriously, anything']) {
    t.deepEqual(await silly.authorize({ authorization }, [PULL]), { actor: { name: 'silly' } });
  }
});

test('without a header the challenge names realm and service', async (t) => {
  t.is(await challengeOf(silly, []), 'Bearer realm="realm-test",service="service-test"');
});

test('an empty header counts as absent', async (t) => {
  await t.throwsAsync(silly.authorize({ authorization: '' }, []), {
    instanceOf: UnauthorizedError,
    code: 'UNAUTHORIZED',
  });
});

test('the scope lists every access as type:name:action, divided by blanks', async (t) => {
  const catalog: Access = { type: 'registry', name: 'catalog', action: '*' };
  t.is(
    await challengeOf(silly, [PULL, PUSH, catalog]),
    'Bearer realm="realm-test",service="service-test",' +
      'scope="repository:foo/bar:pull repository:foo/bar:push registry:catalog:*"',
  );
});

test('quotes and backslashes are escaped, characters beyond ASCII are sent as UTF-8', async (t) => {
  const controller = new SillyAccess({ realm: 'a "b" \\c', service: 'Köln' });
  const challenge = await challengeOf(controller, []);
  t.is(Buffer.from(challenge, 'latin1').toString('utf8'), 'Bearer realm="a \\"b\\" \\\\c",service="Köln"');
  t.notThrows(() => validateHeaderValue('WWW-Authenticate', challenge));
});

for (const [what, options] of Object.entries({
  'auth.silly.realm: is missing; it must be a string': { service: 's' },
  'auth.silly.service: is missing; it must be a string': { realm: 'r' },
  'auth.silly.realm: must be a string; put it in quotes': { realm: 5, service: 's' },
  'auth.silly.service: must not be empty': { realm: 'r', service: '' },
  'auth.silly.realm: must not contain control characters': { realm: 'a\r\nSet-Cookie: b', service: 's' },
  'auth.silly.relam: unknown key, did you mean "realm"?': { realm: 'r', service: 's', relam: 'r' },
})) {
  test(`nothing starts with ${what} (${JSON.stringify(options)})`, async (t) => {
    const place = { kind: 'access-controller', at: 'auth.silly', baseFolder: '.', warn: () => {} } as const;
    const error = await t.throwsAsync(loadPlugin({ ...place, name: 'silly', options }), {
      instanceOf: PluginLoadError,
    });
    t.is(error.code, 'wrong-options');
    t.true(error.message.includes(what), error.message);
  });
}
