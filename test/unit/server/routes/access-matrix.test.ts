import { createHmac } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { basicWith } from '../../../helpers/auth/oidc-controller.ts';
import { AUDIENCE } from '../../../helpers/auth/real-provider.ts';
import { TestIssuer } from '../../../helpers/auth/test-issuer.ts';
import { bearer, ISSUER, SERVICE, type TestClaims, TokenSigner } from '../../../helpers/auth/token-signer.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { ANN, BOB, basic, CYD, EVE } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';
import { CASES, NEEDS, WITH_ADMINISTRATION } from './access-cases.ts';

test('every route and method has an expectation here', (t) => {
  t.deepEqual(CASES.map(({ title }) => title).toSorted(), Object.keys(NEEDS).toSorted());
});

const READER = ['repository:app:pull'];
const WRITER = ['repository:app:pull,push'];
const DELETER = ['repository:app:delete'];
const EVERYTHING = ['repository:app:*', 'registry:catalog:*', 'registry:admin:*'];

/** The tokens that are right, and what they are enough for. */
const RIGHT: Readonly<Record<string, readonly [access: readonly string[], needs: readonly string[]]>> = {
  'without any access': [[], ['any user']],
  'of a reader': [READER, ['any user', 'pull']],
  'of a writer': [WRITER, ['any user', 'pull', 'push']],
  'of somebody who only deletes': [DELETER, ['any user', 'delete']],
  'of somebody who only pushes': [['repository:app:push'], ['any user']],
  'of a writer of another repository': [['repository:other:pull,push,delete'], ['any user']],
  'of a writer of a repository below': [['repository:app/x:*', 'repository:a:*'], ['any user']],
  'for the catalog': [['registry:catalog:*'], ['any user', 'catalog']],
  'of an administrator of this repository': [
    ['repository:app:*'],
    ['any user', 'pull', 'push', 'delete', 'administrator of app'],
  ],
  'of an administrator': [['registry:admin:*'], ['any user', 'administrator']],
  'for everything': [
    EVERYTHING,
    ['any user', 'catalog', 'pull', 'push', 'delete', 'administrator', 'administrator of app'],
  ],
};

const now = Math.floor(Date.now() / 1000);
/** Tokens for everything that are wrong in one point. */
const WRONG: Readonly<Record<string, TestClaims>> = {
  'that has expired': { exp: now - 300 },
  'that does not count yet': { nbf: now + 300 },
  'of another issuer': { iss: 'https://elsewhere.example.com' },
  'for another service': { aud: 'elsewhere.example.com' },
  'without an end': { exp: undefined },
};

for (const { title, method, path } of CASES) {
  // One after the other: a hundred registries at once would let each other wait until requests time out.
  test.serial(`${title} answers each token as it deserves`, async (t) => {
    const { registry, signer } = await tokenRegistry(t);
    const statusOf = async (authorization: string | undefined): Promise<[number, string]> => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const answer = await registry.ask(method, path, { headers });
      return [answer.status, /error="(\w+)"/.exec(answer.headers['www-authenticate'] ?? '')?.[1] ?? ''];
    };
    t.deepEqual(await statusOf(undefined), [401, ''], 'no token');
    for (const [who, [access, needs]] of Object.entries(RIGHT)) {
      const [status, error] = await statusOf(bearer(await signer.sign({ access })));
      if (needs.includes(NEEDS[title] ?? '')) t.false([401, 403].includes(status), `a token ${who}: ${status}`);
      else t.deepEqual([status, error], [401, 'insufficient_scope'], `a token ${who}`);
    }
    for (const [what, claims] of Object.entries(WRONG)) {
      const token = await signer.sign({ access: EVERYTHING, ...claims });
      t.deepEqual(await statusOf(bearer(token)), [401, 'invalid_token'], `a token ${what}`);
    }
    for (const [what, token] of Object.entries(await forged(signer))) {
      t.deepEqual(await statusOf(bearer(token)), [401, 'invalid_token'], `a token ${what}`);
    }
  });
}

/** A registry that takes the tokens of the signer. */
async function tokenRegistry(t: ExecutionContext) {
  const signer = await TokenSigner.of('ES256', { kid: 'known' });
  const folder = await folderWith(t, { 'keys.json': JSON.stringify({ keys: [signer.jwk] }) });
  const token = { realm: 'https://auth/token', issuer: ISSUER, service: SERVICE, jwks: 'keys.json' };
  return { registry: await withRegistry(t, { auth: { token }, folder, others: WITH_ADMINISTRATION }), signer };
}

async function forged(signer: TokenSigner): Promise<Readonly<Record<string, string>>> {
  const [head = '', claims = '', signature = ''] = (await signer.sign({ access: EVERYTHING })).split('.');
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const symmetric = `${part({ alg: 'HS256', kid: 'known' })}.${claims}`;
  const secret = JSON.stringify(signer.jwk);
  const stranger = await TokenSigner.of('ES256', { kid: 'known' });
  return {
    'whose signature was changed': `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    'without a signature': `${head}.${claims}.`,
    'of the algorithm none': `${part({ alg: 'none' })}.${claims}.`,
    'that uses the public key as a secret': `${symmetric}.${createHmac('sha256', secret).update(symmetric).digest('base64url')}`,
    'of a key with the same id': await stranger.sign({ access: EVERYTHING }),
    'that brings its own key': await stranger.sign({ access: EVERYTHING }, { kid: undefined, jwk: stranger.jwk }),
  };
}

/** The users of a policy: ann reads, bob also pushes, cyd only deletes, dan administrates, eve has rights elsewhere. */
const [DAN, FAY] = (['dan', 'fay'] as const).map((user) => ({ ...EVE, line: EVE.line.replace('eve', user) })) as [
  typeof EVE,
  typeof EVE,
];
const POLICY_USERS = { ann: ANN, bob: BOB, cyd: CYD, dan: DAN, eve: EVE, fay: FAY };
const POLICY = {
  rules: [
    { repositories: ['app'], users: ['ann'], allow: ['pull'] },
    { repositories: ['app'], users: ['bob'], allow: ['push'] },
    { repositories: ['app'], users: ['cyd'], allow: ['delete'] },
    { repositories: ['app'], users: ['dan'], allow: ['admin'] },
    { repositories: ['other', 'app/**'], users: ['eve'], allow: ['admin'] },
    { repositories: ['**'], users: ['fay'], allow: ['admin'] },
    { repositories: ['shown'], anonymous: true, allow: ['pull'] },
  ],
};
const MAY: Readonly<Record<keyof typeof POLICY_USERS, readonly string[]>> = {
  ann: ['any user', 'catalog', 'pull'],
  bob: ['any user', 'catalog', 'pull', 'push'],
  cyd: ['any user', 'catalog', 'delete'],
  dan: ['any user', 'catalog', 'pull', 'push', 'delete', 'administrator of app'],
  eve: ['any user', 'catalog'],
  fay: ['any user', 'catalog', 'pull', 'push', 'delete', 'administrator', 'administrator of app'],
};

for (const { title, method, path } of CASES) {
  test.serial(`${title} answers each user as the policy says`, async (t) => {
    const lines = Object.values(POLICY_USERS).map(({ line }) => `${line}\n`);
    const folder = await folderWith(t, { htpasswd: lines.join('') });
    const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
    const registry = await withRegistry(t, { auth, folder, others: { authorization: POLICY } });
    const needs = NEEDS[title] ?? '';
    for (const [user, { password }] of Object.entries(POLICY_USERS)) {
      const { status } = await registry.ask(method, path, { headers: { Authorization: basic(user, password) } });
      if (MAY[user as keyof typeof POLICY_USERS].includes(needs))
        t.false([401, 403].includes(status), `${user}: ${status}`);
      else t.is(status, 403, user);
      const wrong = await registry.ask(method, path, { headers: { Authorization: basic(user, 'wrong') } });
      t.is(wrong.status, 401, `${user} with a wrong password`);
    }
    // Anybody may pull something, so that there is a catalog for those without a name as well.
    const anonymous = await registry.ask(method, path);
    t.is(anonymous.status, needs === 'catalog' ? 200 : 401, 'no credentials');
  });
}

/** Jobs of an OpenID Connect provider, by the claims of their tokens: those of main push, the others pull. */
const JOBS: Readonly<Record<string, readonly [claims: TestClaims, needs: readonly string[]]>> = {
  'of a job that pulls': [{ ref: 'x' }, ['any user', 'catalog', 'pull']],
  'of a job that pushes': [{ ref: 'main' }, ['any user', 'catalog', 'pull', 'push']],
};
const WRONG_JOBS: Readonly<Record<string, TestClaims>> = {
  'for another audience': { aud: 'elsewhere.example.com' },
  'of another issuer': { iss: 'https://elsewhere.example.com' },
  'that has expired': { exp: now - 300 },
  'without a required claim': { owner: undefined },
  'with another value of a required claim': { owner: 'stranger' },
  'without the claim that names the user': { ref: undefined },
};

for (const { title, method, path } of CASES) {
  // One after the other: a registry waits five seconds for a provider, which many of them at once could use up.
  test.serial(`${title} answers each token of an OpenID Connect provider as it deserves`, async (t) => {
    const issuer = await TestIssuer.start(t);
    const options = { audience: AUDIENCE, required_claims: { owner: 'me' }, username: 'ci/${ref}' };
    const auth = { oidc: { issuers: [{ issuer: issuer.issuer, ...options }] } };
    const rules = [
      { repositories: ['app'], users: ['ci/x'], allow: ['pull'] },
      { repositories: ['app'], users: ['ci/main'], allow: ['push'] },
    ];
    const registry = await withRegistry(t, { auth, others: { authorization: { rules } } });
    const token = (claims: TestClaims): Promise<string> => issuer.token({ owner: 'me', ref: 'main', ...claims });
    const forms = [bearer, (text: string): string => basicWith('oidc', text)];
    const statusOf = async (text: string, form: (typeof forms)[number]): Promise<number> =>
      (await registry.ask(method, path, { headers: { Authorization: form(text) } })).status;
    for (const form of forms) {
      for (const [who, [claims, needs]] of Object.entries(JOBS)) {
        const status = await statusOf(await token(claims), form);
        if (needs.includes(NEEDS[title] ?? '')) t.false([401, 403].includes(status), `a token ${who}: ${status}`);
        else t.is(status, 403, `a token ${who}`);
      }
      for (const [what, claims] of Object.entries(WRONG_JOBS)) {
        t.is(await statusOf(await token(claims), form), 401, `a token ${what}`);
      }
    }
  });
}
