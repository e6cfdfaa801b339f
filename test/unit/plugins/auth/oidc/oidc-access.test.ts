import { createHmac } from 'node:crypto';
import { basename } from 'node:path';
import test from 'ava';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { basicWith, oidcController } from '../../../../helpers/auth/oidc-controller.ts';
import { GITHUB_JOB, GITLAB_JOB, KEYCLOAK_PERSON, KUBERNETES_POD } from '../../../../helpers/auth/published-claims.ts';
import { AUDIENCE, RealProvider } from '../../../../helpers/auth/real-provider.ts';
import { TestIssuer } from '../../../../helpers/auth/test-issuer.ts';
import { bearer, type TestClaims, TokenSigner } from '../../../../helpers/auth/token-signer.ts';
import { testWithCertificates } from '../../../../helpers/http/test-with-certificates.ts';
import { requestWith } from '../../../../helpers/plugins/access-request.ts';

test('a token of a real provider logs in as a password with any user name, and as a bearer token', async (t) => {
  const provider = await RealProvider.start(t, { jobs: { build: GITHUB_JOB } });
  const username = 'ci/${repository}';
  const { controller, logIn, warnings } = await oidcController([{ issuer: provider.issuer, username }]);
  const token = await provider.tokenFor('build');
  const actor = { name: 'ci/octo-org/octo-repo' };
  for (const user of ['oidc', '', 'ann', 'ci/octo-org/octo-repo']) t.deepEqual((await logIn(token, user)).actor, actor);
  t.deepEqual((await controller.authorize(requestWith(bearer(token)), [])).actor, actor);
  t.deepEqual(warnings, []);
});

testWithCertificates(
  'a provider with a certificate of a private authority is trusted by its file',
  async (t, files) => {
    const { certificates, folder } = files;
    const other = await certificates.make('other', 'authority');
    const { provider, authorityFile } = await RealProvider.startWithTls(t, { build: GITHUB_JOB }, certificates);
    const { issuer } = provider;
    const token = await provider.tokenFor('build');
    const trusting = await oidcController([{ issuer, certificateauthority: basename(authorityFile) }], folder);
    t.is((await trusting.logIn(token)).actor?.name, `${new URL(issuer).host}#build`);
    for (const options of [{}, { certificateauthority: other.certFile }]) {
      const { logIn, warnings } = await oidcController([{ issuer, ...options }], folder);
      t.true(RegistryError.is(await t.throwsAsync(logIn(token)), 'UNAVAILABLE'));
      t.regex(
        warnings.join('\n'),
        /^the discovery document of https:\/\/localhost:\d+: .*certificate.*nobody can log in by it/,
      );
    }
    await t.throwsAsync(oidcController([{ issuer, certificateauthority: 'none.pem' }], folder), {
      message: /certificateauthority: the file of authorities .*none\.pem cannot be used: ENOENT/,
    });
    await t.throwsAsync(oidcController([{ issuer, certificateauthority: other.keyFile }], folder), {
      message: /certificateauthority: .* it holds no certificate/,
    });
  },
);

const PUBLISHED: Readonly<
  Record<string, readonly [claims: object, options: object, user: string, groups?: readonly string[]]>
> = {
  'GitHub Actions': [
    GITHUB_JOB,
    { required_claims: { repository_owner: 'octo-org', ref: 'refs/heads/main' }, username: 'ci/${repository}' },
    'ci/octo-org/octo-repo',
  ],
  'GitLab CI': [
    GITLAB_JOB,
    {
      required_claims: { namespace_path: 'my-group', ref_protected: false },
      username: 'ci/${project_path}',
      groups: { claim: 'groups_direct', prefix: 'gl:' },
    },
    'ci/my-group/my-project',
    ['gl:mygroup/mysubgroup', 'gl:myothergroup/myothersubgroup'],
  ],
  Kubernetes: [
    KUBERNETES_POD,
    {
      required_claims: { 'kubernetes\\.io.namespace': 'my-*' },
      username: 'pod/${kubernetes\\.io.namespace}/${kubernetes\\.io.serviceaccount.name}',
      groups: ['pods'],
    },
    'pod/my-namespace/my-service-account',
    ['pods'],
  ],
  Keycloak: [
    KEYCLOAK_PERSON,
    {
      required_claims: { azp: 'registry', email_verified: true },
      username: { claim: 'preferred_username' },
      groups: { claim: ['realm_access', 'roles'], prefix: 'kc:' },
    },
    'ann',
    ['kc:offline_access', 'kc:developers'],
  ],
};

for (const [who, [claims, options, name, groups]] of Object.entries(PUBLISHED)) {
  test(`the published claims of ${who} name their user and groups`, async (t) => {
    const issuer = await TestIssuer.start(t);
    const { logIn } = await oidcController([{ issuer: issuer.issuer, ...options }]);
    const { actor } = await logIn(await issuer.token({ ...claims }));
    t.deepEqual(actor, groups === undefined ? { name } : { name, groups });
  });
}

const now = Math.floor(Date.now() / 1000);
const REFUSED: Readonly<Record<string, readonly [TestClaims, RegExp, header?: Readonly<Record<string, unknown>>]>> = {
  'is for another audience': [{ aud: 'other.example.com' }, /"aud"/],
  'is for a similar audience': [{ aud: [`${AUDIENCE}.evil.com`, 'registry'] }, /"aud"/],
  'is for nobody': [{ aud: undefined }, /"aud"/],
  'has expired': [{ exp: now - 61 }, /it has expired at 20/],
  'never expires': [{ exp: undefined }, /"exp"/],
  'does not count yet': [{ nbf: now + 120 }, /"nbf"/],
  'is of another issuer': [
    { iss: 'https://elsewhere.example.com' },
    /its issuer is "https:\/\/elsewhere\.example\.com", which auth/,
  ],
  'is of no issuer': [{ iss: undefined }, /its issuer is missing/],
  'is of an issuer that is a list': [{ iss: ['a'] }, /its issuer is missing/],
  'has no subject': [{ sub: undefined }, /its claim "sub" is missing/],
  'does not have a required claim': [{ ref: undefined }, /it has no claim "ref"/],
  'has another value of a required claim': [
    { ref: 'refs/heads/x' },
    /its claim "ref" is not as required_claims has it/,
  ],
  'is bound to a key': [{ cnf: { jkt: 'x' } }, /it is bound to a key/],
  'is a token to log out': [{}, /another kind of token/, { typ: 'logout+jwt' }],
  'is a proof of a key': [{}, /another kind of token/, { typ: 'dpop+jwt' }],
  'names no key': [{}, /its header names no key/, { kid: undefined }],
  'is of a key that the issuer does not have': [
    {},
    /its key "other" is not known .*; known are first/,
    { kid: 'other' },
  ],
  'brings its own key': [{}, /its header names no key/, { kid: undefined, jwk: { kid: 'first' } }],
  'has critical extensions': [{}, /[Ee]xtension|crit/, { crit: ['x'], x: 1 }],
};

for (const [what, [claims, reason, header]] of Object.entries(REFUSED)) {
  test(`a token that ${what} is refused, and only the log says why`, async (t) => {
    const issuer = await TestIssuer.start(t);
    const { logIn, refusalOf } = await oidcController([{ issuer: issuer.issuer, required_claims: { ref: 'main' } }]);
    await logIn(await issuer.token({ ref: 'main' }));
    const token = await issuer.token({ ref: 'main', ...claims }, header).catch(() => undefined);
    // The signer refuses to write some headers.
    const sent = token ?? (await withHeader(await issuer.token({ ref: 'main', ...claims }), header));
    const said = await refusalOf(t, sent);
    t.regex(said, reason);
    t.false(said.includes(sent.slice(-20)));
  });
}

async function withHeader(token: string, header: object = {}): Promise<string> {
  const [, ...rest] = token.split('.');
  return [Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'first', ...header })).toString('base64url'), ...rest].join(
    '.',
  );
}

test('the algorithm none, a public key used as a secret, and a stranger with the id of a key are refused', async (t) => {
  const issuer = await TestIssuer.start(t, { algorithm: 'RS256' });
  const { refusalOf } = await oidcController([{ issuer: issuer.issuer }]);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = (await issuer.token()).split('.')[1] ?? '';
  t.regex(await refusalOf(t, `${part({ alg: 'none', kid: 'first' })}.${claims}.`), /its algorithm is not in signing/);
  const signed = `${part({ alg: 'HS256', kid: 'first' })}.${claims}`;
  for (const secret of [JSON.stringify(issuer.signer.jwk), issuer.signer.jwk.n ?? '', '']) {
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    t.regex(await refusalOf(t, token), /its algorithm is not in signing/);
  }
  const stranger = await TokenSigner.of('RS256', { kid: 'first' });
  const forged = await stranger.sign({ iss: issuer.issuer, aud: AUDIENCE });
  t.regex(await refusalOf(t, forged), /its signature is wrong/);
  const brought = await stranger.sign({ iss: issuer.issuer, aud: AUDIENCE }, { jwk: stranger.jwk });
  t.regex(await refusalOf(t, brought), /its signature is wrong/);
});

test('a token of an algorithm that the discovery document does not name is refused, unless the operator names it', async (t) => {
  const issuer = await TestIssuer.start(t);
  issuer.state.document = { id_token_signing_alg_values_supported: ['RS256'] };
  const token = await issuer.token();
  const careful = await oidcController([{ issuer: issuer.issuer }]);
  t.regex(await careful.refusalOf(t, token), /its algorithm ES256 is not among those of its issuer: RS256/);
  const named = await oidcController([{ issuer: issuer.issuer, signingalgorithms: ['ES256'] }]);
  t.is((await named.logIn(token)).actor?.name, `${new URL(issuer.issuer).host}#ann`);
  const others = await oidcController([{ issuer: issuer.issuer, signingalgorithms: ['RS256'] }]);
  t.regex(await others.refusalOf(t, token), /its algorithm is not in signingalgorithms/);
});

test('two issuers never name the same user by default, and a name with the prefix of another one is refused', async (t) => {
  const [jobs, people, plain] = [await TestIssuer.start(t), await TestIssuer.start(t), await TestIssuer.start(t)];
  const { logIn, refusalOf } = await oidcController([
    { issuer: jobs.issuer, username: 'ci/${sub}', groups: { claim: 'g', prefix: 'ci:', optional: true } },
    { issuer: people.issuer, username: { claim: 'sub' }, groups: { claim: 'g', optional: true } },
    { issuer: plain.issuer },
  ]);
  const nameOf = async (issuer: TestIssuer, claims: TestClaims): Promise<string | undefined> =>
    (await logIn(await issuer.token(claims))).actor?.name;
  t.is(await nameOf(jobs, { sub: 'x' }), 'ci/x');
  t.is(await nameOf(people, { sub: 'x' }), 'x');
  t.is(await nameOf(plain, { sub: 'x' }), `${new URL(plain.issuer).host}#x`);
  for (const claims of [{ sub: 'ci/x' }, { sub: `${new URL(plain.issuer).host}#x` }, { sub: 'x', g: ['a', 'ci:b'] }]) {
    t.regex(await refusalOf(t, await people.token(claims)), /a name that belongs to another issuer/);
  }
});

test('a claim gives no group that another issuer gives to all of its users, unless both share their names', async (t) => {
  const [jobs, people] = [await TestIssuer.start(t), await TestIssuer.start(t)];
  const token = await people.token({ sub: 'x', g: ['staff', 'ci'] });
  const issuers = (sharednames: boolean): object[] => [
    { issuer: jobs.issuer, username: 'ci/${sub}', groups: ['ci'], sharednames },
    { issuer: people.issuer, username: 'people/${sub}', groups: { claim: 'g' }, sharednames },
  ];
  const apart = await oidcController(issuers(false));
  t.regex(await apart.refusalOf(t, token), /a name that belongs to another issuer/);
  t.deepEqual((await apart.logIn(await jobs.token({ sub: 'x' }))).actor?.groups, ['ci']);
  const shared = await oidcController(issuers(true));
  t.deepEqual((await shared.logIn(token)).actor?.groups, ['staff', 'ci']);
});

test('a token of one issuer signed by a key of another one is refused', async (t) => {
  const [one, other] = [await TestIssuer.start(t), await TestIssuer.start(t)];
  const { refusalOf } = await oidcController([{ issuer: one.issuer }, { issuer: other.issuer }]);
  t.regex(await refusalOf(t, await one.token({ iss: other.issuer })), /its signature is wrong/);
});

test('credentials that are no token are refused without asking any issuer for its keys', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { controller } = await oidcController([{ issuer: issuer.issuer }]);
  for (const secret of ['secret', 'eyJ', 'eyJ.a', 'a.b.c', `eyJ${'a'.repeat(70_000)}.a.a`, 'eyJ.a.a.a', 'eyJ é.a.b']) {
    for (const header of [basicWith('ann', secret), bearer(secret)]) {
      t.true(RegistryError.is(await t.throwsAsync(controller.authorize(requestWith(header), [])), 'UNAUTHORIZED'));
    }
  }
  t.deepEqual(issuer.asked, ['GET /.well-known/openid-configuration']);
});
