import { createHmac } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { UnauthorizedError } from '../../../../../core/model/errors.ts';
import type { Access, AccessController } from '../../../../../core/ports/access-controller.ts';
import { loadPlugin } from '../../../../../plugins/loading/load-plugin.ts';
import { bearer, ISSUER, SERVICE, type TestClaims, TokenSigner } from '../../../../helpers/auth/token-signer.ts';
import { requestWith } from '../../../../helpers/plugins/access-request.ts';
import { folderWith } from '../../loading/fixture-folder.ts';

const PULL: Access = { type: 'repository', name: 'app', action: 'pull' };
const PUSH: Access = { type: 'repository', name: 'app', action: 'push' };
const CATALOG: Access = { type: 'registry', name: 'catalog', action: '*' };

/** The controller that trusts the keys of these signers. */
async function controllerOf(
  t: ExecutionContext,
  signers: readonly TokenSigner[],
  options: object = {},
): Promise<AccessController> {
  const keys = signers.map(({ jwk }) => jwk);
  const baseFolder = await folderWith(t, { 'keys.json': JSON.stringify({ keys }) });
  const { ports } = await loadPlugin({
    kind: 'access-controller',
    name: 'token',
    at: 'auth.token',
    baseFolder,
    options: { realm: 'https://auth/token', issuer: ISSUER, service: SERVICE, jwks: 'keys.json', ...options },
    warn: () => undefined,
  });
  return ports['access-controller'];
}

async function refused(t: ExecutionContext, answer: Promise<unknown>): Promise<{ error: string; reason: string }> {
  const refusal = await t.throwsAsync(answer, { instanceOf: UnauthorizedError });
  const error = /,error="(\w+)"/.exec(refusal.challenge)?.[1] ?? '';
  return { error, reason: refusal.cause instanceof Error ? refusal.cause.message : '' };
}

test('without a token the challenge names the server, the service and every scope', async (t) => {
  const controller = await controllerOf(t, [await TokenSigner.of('ES256')]);
  for (const authorization of [undefined, '', 'Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer "a"']) {
    const refusal = await t.throwsAsync(controller.authorize(requestWith(authorization), [PULL, PUSH]), {
      instanceOf: UnauthorizedError,
    });
    const scope = 'repository:app:pull,push';
    t.is(refusal.challenge, `Bearer realm="https://auth/token",service="${SERVICE}",scope="${scope}"`);
  }
  const ping = await t.throwsAsync(controller.authorize(requestWith(), []), { instanceOf: UnauthorizedError });
  t.is(ping.challenge, `Bearer realm="https://auth/token",service="${SERVICE}"`);
});

test('with autoredirect the server is a path of the host by which the client has come', async (t) => {
  const signers = [await TokenSigner.of('ES256')];
  const controller = await controllerOf(t, signers, { autoredirect: true });
  const refusal = await t.throwsAsync(controller.authorize(requestWith(), []), { instanceOf: UnauthorizedError });
  t.true(refusal.challenge.startsWith('Bearer realm="http://localhost:5000/auth/token",'));
  const other = await controllerOf(t, signers, { autoredirect: true, autoredirectpath: '/jwt' });
  const second = await t.throwsAsync(other.authorize(requestWith(), []), { instanceOf: UnauthorizedError });
  t.true(second.challenge.startsWith('Bearer realm="http://localhost:5000/jwt",'));
});

for (const algorithm of ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'] as const) {
  test(`a token signed with ${algorithm} allows what it says, and nothing else`, async (t) => {
    const signer = await TokenSigner.of(algorithm);
    const controller = await controllerOf(t, [signer]);
    const request = requestWith(bearer(await signer.sign({ access: ['repository:app:pull', 'registry:catalog:*'] })));
    for (const accesses of [[], [PULL], [CATALOG], [PULL, CATALOG]]) {
      const { actor, allows } = await controller.authorize(request, accesses);
      t.deepEqual(actor, { name: 'ann' });
      t.deepEqual([allows?.(PULL), allows?.(PUSH), allows?.({ ...PULL, name: 'other' })], [true, false, false]);
    }
    for (const accesses of [[PUSH], [PULL, PUSH], [{ ...PULL, name: 'ap' }], [{ ...PULL, name: 'app/x' }]]) {
      t.is((await refused(t, controller.authorize(request, accesses))).error, 'insufficient_scope');
    }
  });
}

test('the action * of a token stands for every action, and a class of its type does not count', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const controller = await controllerOf(t, [signer]);
  const request = requestWith(bearer(await signer.sign({ access: ['repository(plugin):app:*'] })));
  await t.notThrowsAsync(controller.authorize(request, [PULL, PUSH, { ...PULL, action: 'delete' }]));
});

test('a token without a subject is that of an anonymous user', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const controller = await controllerOf(t, [signer]);
  for (const sub of ['', undefined]) {
    const token = await signer.sign({ sub, access: ['repository:app:pull'] });
    t.is((await controller.authorize(requestWith(bearer(token)), [PULL])).actor, undefined);
  }
});

const now = Math.floor(Date.now() / 1000);
const WRONG: Readonly<Record<string, readonly [TestClaims, RegExp]>> = {
  'has expired': [{ exp: now - 61 }, /^it has expired at 20/],
  'never expires': [{ exp: undefined }, /"exp"/],
  'expires at a text': [{ exp: 'tomorrow' }, /"exp"/],
  'does not count yet': [{ nbf: now + 120 }, /"nbf"/],
  'is of another issuer': [{ iss: 'https://evil.example.com' }, /"iss"/],
  'is of no issuer': [{ iss: undefined }, /"iss"/],
  'is for another service': [{ aud: 'other.example.com' }, /"aud"/],
  'is for other services': [{ aud: ['other.example.com', `${SERVICE}.evil.com`] }, /"aud"/],
  'is for nobody': [{ aud: undefined }, /"aud"/],
  'has a number as subject': [{ sub: 7 }, /"sub"/],
  'has a text as access': [{ access: 'repository:app:pull' }, /"access" is not a list/],
  'has an entry without actions that are texts': [
    { access: [{ type: 'repository', name: 'app', actions: [1] }] },
    /entry/,
  ],
  'has an entry without a name': [{ access: [{ type: 'repository', actions: ['pull'] }] }, /entry/],
  'has an entry that is null': [{ access: [null] }, /entry/],
};

for (const [what, [claims, reason]] of Object.entries(WRONG)) {
  test(`a token that ${what} is refused, and the reason is for the log only`, async (t) => {
    const signer = await TokenSigner.of('ES256');
    const controller = await controllerOf(t, [signer]);
    const token = await signer.sign({ access: ['repository:app:pull'], ...claims });
    const refusal = await refused(t, controller.authorize(requestWith(bearer(token)), [PULL]));
    t.is(refusal.error, 'invalid_token');
    t.regex(refusal.reason, reason);
    t.false(refusal.reason.includes(token.slice(-20)));
  });
}

test('clocks may be a minute apart, or as much as leeway says', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const late = requestWith(bearer(await signer.sign({ exp: now - 20, access: ['repository:app:pull'] })));
  await t.notThrowsAsync((await controllerOf(t, [signer])).authorize(late, [PULL]));
  const exact = await controllerOf(t, [signer], { leeway: '0s' });
  t.is((await refused(t, exact.authorize(late, [PULL]))).error, 'invalid_token');
});

test('a token is taken from each of several issuers, and when it is for several services', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const controller = await controllerOf(t, [signer], { issuer: [ISSUER, 'second'] });
  for (const claims of [{ iss: 'second' }, { aud: ['other', SERVICE] }]) {
    const token = await signer.sign({ access: ['repository:app:pull'], ...claims });
    await t.notThrowsAsync(controller.authorize(requestWith(bearer(token)), [PULL]));
  }
});

test('a token whose signature, claims or header were changed is refused', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const controller = await controllerOf(t, [signer]);
  const token = await signer.sign({ access: ['repository:app:pull'] });
  await controller.authorize(requestWith(bearer(token)), [PULL]);
  const [head = '', claims = '', signature = ''] = token.split('.');
  const more = await (await TokenSigner.of('ES256')).sign({ access: ['repository:app:*'] });
  const tampered = [
    [head, more.split('.')[1], signature],
    [head, claims, signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`],
    [head, claims, ''],
    [head, claims],
    [head, claims, signature, ''],
    [more.split('.')[0], claims, signature],
  ];
  for (const parts of tampered) {
    const answer = controller.authorize(requestWith(bearer(parts.join('.'))), [PULL]);
    t.is((await refused(t, answer)).error, 'invalid_token', parts.join('.'));
  }
});

test('the algorithm none, and a public key used as the secret of HS256, are refused', async (t) => {
  const signer = await TokenSigner.of('RS256', { kid: 'known' });
  const controller = await controllerOf(t, [signer]);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = (await signer.sign({ access: ['repository:app:*'] })).split('.')[1] ?? '';
  const none = `${part({ alg: 'none', kid: 'known' })}.${claims}.`;
  t.is((await refused(t, controller.authorize(requestWith(bearer(none)), [PULL]))).error, 'invalid_token');
  const all = await controllerOf(t, [signer], { signingalgorithms: ['RS256', 'HS256'] });
  const signed = `${part({ alg: 'HS256', kid: 'known' })}.${claims}`;
  for (const secret of [JSON.stringify(signer.jwk), signer.jwk.n ?? '']) {
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    for (const each of [controller, all]) {
      t.is((await refused(t, each.authorize(requestWith(bearer(token)), [PULL]))).error, 'invalid_token');
    }
  }
});

test('an algorithm that the operator has not named is refused', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const controller = await controllerOf(t, [signer], { signingalgorithms: ['RS256'] });
  const refusal = await refused(t, controller.authorize(requestWith(bearer(await signer.sign())), []));
  t.is(refusal.reason, 'its algorithm is not in signingalgorithms');
});

test('the log names the key that was sought and those that are known', async (t) => {
  const signers = [await TokenSigner.of('ES256', { kid: 'one' }), await TokenSigner.of('RS256', { kid: 'two' })];
  const controller = await controllerOf(t, signers);
  const stranger = await TokenSigner.of('ES256', { kid: 'three' });
  const refusal = await refused(t, controller.authorize(requestWith(bearer(await stranger.sign())), []));
  t.is(refusal.reason, 'its key "three" is not known for its algorithm; known are one, two');
  const nameless = await refused(
    t,
    controller.authorize(requestWith(bearer(await stranger.sign({}, { kid: undefined }))), []),
  );
  t.is(nameless.reason, 'its header names no key: it has none of kid, jwk and x5c');
});
