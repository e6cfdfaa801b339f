import test, { type ExecutionContext } from 'ava';
import { decodeJwt } from 'jose';
import { basicWith } from '../../../helpers/auth/oidc-controller.ts';
import { GITHUB_JOB } from '../../../helpers/auth/published-claims.ts';
import { AUDIENCE, RealProvider } from '../../../helpers/auth/real-provider.ts';
import { TestIssuer } from '../../../helpers/auth/test-issuer.ts';
import { bearer } from '../../../helpers/auth/token-signer.ts';
import { fieldsOf, withAudit } from '../../../helpers/http/audited-registry.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { ANN, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';
import { SECRET, tokenIn } from './with-tokens.ts';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const RULES = [
  { repositories: ['**'], authenticated: true, allow: ['pull'] },
  { repositories: ['app/**'], users: ['ci/octo-org/octo-repo'], allow: ['push'] },
  { repositories: ['team/**'], groups: ['jobs'], allow: ['push'] },
];
const PUSH = ['POST', '/v2/app/web/blobs/uploads/'] as const;
const PUSH_SCOPE = 'repository:app/web:pull,push';

interface Settings {
  /** The value of `auth.token.embedded`. */
  readonly embedded?: unknown;
  readonly rules?: readonly object[];
}

/** A registry with ann, who has a password, and the jobs of an issuer. */
async function registryFor(
  t: ExecutionContext,
  issuer: string,
  { embedded, rules = RULES }: Settings = {},
): Promise<Registry> {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n` });
  const oidc = { issuers: [{ issuer, audience: AUDIENCE, username: 'ci/${repository}', groups: ['jobs'] }] };
  const token = embedded === undefined ? {} : { token: { embedded } };
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' }, oidc, ...token };
  return withRegistry(t, { auth, folder, http: { secret: SECRET }, others: { authorization: { rules } } });
}

async function statusOf(registry: Registry, [method, path]: readonly [string, string], authorization?: string) {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const answer = await registry.ask(method, path, { headers });
  return [answer.status, /error="(\w+)"/.exec(answer.headers['www-authenticate'] ?? '')?.[1]];
}

/** Sends a form to the token endpoint. */
function send(registry: Registry, fields: Readonly<Record<string, string>>): Promise<Answer> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return registry.ask('POST', '/auth/token', { headers, body: String(new URLSearchParams(fields)) });
}

function exchange(registry: Registry, token: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const subject = { subject_token: token, subject_token_type: `${TYPE}id_token` };
  return send(registry, { grant_type: EXCHANGE, ...subject, scope: PUSH_SCOPE, ...fields });
}

for (const embedded of [true, false]) {
  test(`a job and a person with a password both push by their rights, ${embedded ? 'with' : 'without'} a token server`, async (t) => {
    const provider = await RealProvider.start(t, { jobs: { build: GITHUB_JOB, other: { repository: 'x/y' } } });
    const registry = await registryFor(t, provider.issuer, { embedded });
    const [token, other] = [await provider.tokenFor('build'), await provider.tokenFor('other')];
    for (const authorization of [basicWith('oidc', token), bearer(token)]) {
      t.deepEqual(await statusOf(registry, PUSH, authorization), [202, undefined]);
      t.deepEqual(await statusOf(registry, ['POST', '/v2/team/x/blobs/uploads/'], authorization), [202, undefined]);
      t.deepEqual(await statusOf(registry, ['POST', '/v2/elsewhere/blobs/uploads/'], authorization), [403, undefined]);
    }
    t.deepEqual(await statusOf(registry, PUSH, basicWith('oidc', other)), [403, undefined]);
    const ann = basic('ann', ANN.password);
    t.deepEqual(await statusOf(registry, ['GET', '/v2/'], ann), [200, undefined]);
    t.deepEqual(await statusOf(registry, PUSH, ann), [403, undefined]);
    const wrong = await provider.tokenFor('build', 'elsewhere.example.com');
    t.deepEqual(await statusOf(registry, ['GET', '/v2/'], basicWith('ann', wrong)), [401, undefined]);
    t.deepEqual(await statusOf(registry, ['GET', '/v2/'], bearer(wrong)), [
      401,
      embedded ? 'invalid_token' : undefined,
    ]);
    t.deepEqual(await statusOf(registry, ['GET', '/v2/'], bearer('nonsense')), [
      401,
      embedded ? 'invalid_token' : undefined,
    ]);
  });
}

test('the token server issues a token for one of a provider: as a password, in a form, and by exchange', async (t) => {
  const provider = await RealProvider.start(t, { jobs: { build: GITHUB_JOB } });
  const registry = await registryFor(t, provider.issuer);
  const token = await provider.tokenFor('build');
  const query = new URLSearchParams({ service: 'stowage', scope: PUSH_SCOPE, offline_token: 'true' });
  const headers = { Authorization: basicWith('oidc', token) };
  const password = {
    grant_type: 'password',
    username: 'x',
    password: token,
    scope: PUSH_SCOPE,
    access_type: 'offline',
  };
  for (const answer of [
    await registry.ask('GET', `/auth/token?${String(query)}`, { headers }),
    await send(registry, { ...password, service: 'stowage', client_id: 'docker' }),
    await exchange(registry, token),
    await exchange(registry, token, { subject_token_type: `${TYPE}jwt`, requested_token_type: `${TYPE}access_token` }),
    await exchange(registry, token, { subject_token_type: `${TYPE}access_token`, audience: 'stowage' }),
  ]) {
    t.is(answer.status, 200, answer.text);
    t.deepEqual(await statusOf(registry, PUSH, bearer(tokenIn(answer))), [202, undefined]);
    const claims = decodeJwt(tokenIn(answer));
    t.like(claims, { sub: 'ci/octo-org/octo-repo', groups: ['jobs'] });
    t.false(answer.text.includes('refresh_token'), 'a refresh token would outlive the token of the provider');
  }
  const { issued_token_type, token_type } = JSON.parse((await exchange(registry, token)).text) as Record<
    string,
    string
  >;
  t.deepEqual([issued_token_type, token_type], [`${TYPE}access_token`, 'Bearer']);
});

test('a token of the token server never outlives the one that it was issued for', async (t) => {
  const issuer = await TestIssuer.start(t);
  const registry = await registryFor(t, issuer.issuer);
  const exp = Math.floor(Date.now() / 1000) + 100;
  const token = await issuer.token({ repository: 'octo-org/octo-repo', exp });
  const issued = decodeJwt(tokenIn(await exchange(registry, token)));
  t.is(issued.exp, exp);
  const late = decodeJwt(
    tokenIn(await exchange(registry, await issuer.token({ repository: 'a/b', exp: exp + 10_000 }))),
  );
  t.is((late.exp ?? 0) - (late.iat ?? 0), 300);
});

test('an exchange that is refused says why in the words of OAuth2, and nothing about the token', async (t) => {
  const issuer = await TestIssuer.start(t);
  const registry = await registryFor(t, issuer.issuer);
  const token = await issuer.token({ repository: 'octo-org/octo-repo' });
  const own = tokenIn(await exchange(registry, token));
  const refusals: readonly (readonly [fields: Record<string, string>, error: string, description: RegExp])[] = [
    [{ subject_token: '' }, 'invalid_request', /subject_token is missing/],
    [{ subject_token_type: '' }, 'invalid_request', /subject_token_type is missing/],
    [{ subject_token_type: `${TYPE}saml2` }, 'invalid_request', /must be a JWT/],
    [{ requested_token_type: `${TYPE}refresh_token` }, 'invalid_request', /only access tokens/],
    [{ audience: 'elsewhere' }, 'invalid_target', /tokens are for the audience "stowage"/],
    [{ actor_token: 'x' }, 'invalid_request', /nobody acts/],
    [{ subject_token: 'nonsense' }, 'invalid_request', /^the subject token is not valid$/],
    [{ subject_token: `${token}\nX: y` }, 'invalid_request', /^the subject token is not valid$/],
    [{ subject_token: await issuer.token({ aud: 'x' }) }, 'invalid_request', /^the subject token is not valid$/],
    [{ subject_token: await issuer.token() }, 'invalid_request', /^the subject token is not valid$/],
    [{ subject_token: own }, 'invalid_request', /^the subject token is not valid$/],
  ];
  for (const [fields, error, description] of refusals) {
    const answer = await exchange(registry, token, fields);
    t.is(answer.status, 400, JSON.stringify(fields));
    const body = JSON.parse(answer.text) as Record<string, string>;
    t.is(body['error'], error);
    t.regex(body['error_description'] ?? '', description);
  }
  t.is((await registry.ask('GET', '/auth/token', { headers: { Authorization: bearer(token) } })).status, 401);
});

test('an exchange that is refused is recorded as a refused log-in, with the reason', async (t) => {
  const issuer = await TestIssuer.start(t);
  const oidc = { issuers: [{ issuer: issuer.issuer, audience: AUDIENCE }] };
  const { registry, recorded } = await withAudit(t, { auth: { oidc }, http: { secret: SECRET } });
  await exchange(registry, await issuer.token({ aud: 'x' }));
  const [line, ...others] = fieldsOf(await recorded(), 'action', 'outcome', 'status', 'reason');
  t.deepEqual(others, []);
  t.like(line, { action: 'login', outcome: 'refused', status: 400 });
  t.regex(String(line?.['reason']), /its claim "aud" is wrong/);
});

test('a rule that denies a group is not passed by a token without the claim of the groups', async (t) => {
  const issuer = await TestIssuer.start(t);
  const groups = { claim: 'groups', prefix: 'staff:' };
  const oidc = { issuers: [{ issuer: issuer.issuer, audience: AUDIENCE, groups }] };
  const rules = [
    { repositories: ['**'], authenticated: true, allow: ['push'] },
    { repositories: ['**'], groups: ['staff:contractors'], deny: ['push'] },
  ];
  const registry = await withRegistry(t, { auth: { oidc }, others: { authorization: { rules } } });
  for (const [claims, status] of [
    [{ groups: ['contractors'] }, 403],
    [{}, 401],
    [{ groups: null }, 401],
    [{ groups: [] }, 202],
  ] as const) {
    const token = basicWith('oidc', await issuer.token(claims));
    t.is((await statusOf(registry, PUSH, token))[0], status, JSON.stringify(claims));
  }
});

test('while the keys of an issuer cannot be fetched, its tokens are unavailable, and passwords count', async (t) => {
  const issuer = await TestIssuer.start(t);
  issuer.state.instead = (_request, response) => {
    response.destroy();
    return true;
  };
  const registry = await registryFor(t, issuer.issuer);
  const token = await issuer.token({ repository: 'octo-org/octo-repo' });
  for (const authorization of [basicWith('oidc', token), bearer(token)]) {
    t.deepEqual(await statusOf(registry, PUSH, authorization), [503, undefined]);
  }
  t.is((await exchange(registry, token)).status, 503);
  t.deepEqual(await statusOf(registry, ['GET', '/v2/'], basic('ann', ANN.password)), [200, undefined]);
});

test('without rules, every user of a provider may do everything, and nobody else anything', async (t) => {
  const issuer = await TestIssuer.start(t);
  const auth = { oidc: { issuers: [{ issuer: issuer.issuer, audience: AUDIENCE }] } };
  const registry = await withRegistry(t, { auth, http: { secret: SECRET } });
  const token = await issuer.token();
  t.deepEqual(await statusOf(registry, PUSH, basicWith('', token)), [202, undefined]);
  t.deepEqual(await statusOf(registry, PUSH, bearer(tokenIn(await exchange(registry, token)))), [202, undefined]);
  t.deepEqual(await statusOf(registry, PUSH), [401, undefined]);
  const anonymous = tokenIn(await registry.ask('GET', `/auth/token?scope=${PUSH_SCOPE}`));
  t.deepEqual(await statusOf(registry, PUSH, bearer(anonymous)), [401, 'insufficient_scope']);
});
