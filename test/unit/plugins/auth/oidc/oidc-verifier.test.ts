import test from 'ava';
import { createLocalJWKSet } from 'jose';
import { readGroups, readRequiredClaims, readUsername } from '../../../../../plugins/auth/oidc/claim-options.ts';
import { OidcIssuer } from '../../../../../plugins/auth/oidc/oidc-issuer.ts';
import { OidcVerifier } from '../../../../../plugins/auth/oidc/oidc-verifier.ts';
import { TrustedKeys } from '../../../../../plugins/auth/token/trusted-keys.ts';
import { ISSUER, SERVICE, TokenSigner } from '../../../../helpers/auth/token-signer.ts';

interface Settings {
  readonly audiences?: readonly string[];
  readonly required?: unknown;
  readonly username?: unknown;
  readonly groups?: unknown;
  readonly leewayMs?: number;
  readonly personalTokens?: boolean;
}

/** A verifier of the tokens of one signer, by a clock that a test sets. */
function verifierFor(signer: TokenSigner, options: Settings = {}, now: () => number = Date.now): OidcVerifier {
  const { audiences = [SERVICE], required, username, groups, leewayMs = 60_000, personalTokens = false } = options;
  const keys = { roots: [], find: createLocalJWKSet({ keys: [signer.jwk] }), secrets: new Map(), ids: [signer.kid] };
  const trusted = new TrustedKeys({ files: { current: async () => keys }, remote: undefined }, now);
  const issuer = new OidcIssuer(
    {
      ...{ issuer: ISSUER, audiences, algorithms: ['ES256'], leewayMs, required: readRequiredClaims(required) },
      ...{ user: readUsername(username, ISSUER), groups: readGroups(groups), personalTokens },
    },
    { keys: trusted, prefixes: { users: [], groups: [], groupsOfOthers: new Set<string>() }, now },
  );
  return new OidcVerifier([issuer]);
}

function presented(token: string) {
  return { user: 'any', secret: Buffer.from(token) };
}

const settings = {
  ...{ required: { sub: 'a*' }, username: 'ci/${sub}', personalTokens: true },
  groups: { claim: 'g', prefix: 'x', optional: true },
};
/** What else would make other users, or other groups, of the same tokens. */
const CHANGES: readonly Settings[] = [
  { audiences: [SERVICE, 'other'] },
  { required: { sub: 'an*' } },
  { required: undefined },
  { username: 'jobs/${sub}' },
  { groups: { claim: 'g', optional: true } },
  { groups: { claim: 'g', prefix: 'x' } },
  { groups: ['x'] },
];

test('what was issued for a token ends when its issuer has other settings, and counts in every process with the same', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const { credential } = await verifierFor(signer, settings).verify(presented(await signer.sign()));
  t.deepEqual(await verifierFor(signer, settings).current('ci/ann', credential), {});
  for (const others of [...CHANGES, { leewayMs: 0 }]) {
    const changed = verifierFor(signer, { ...settings, ...others });
    t.is(await changed.current('ci/ann', credential), undefined, JSON.stringify(others));
  }
  t.is(await new OidcVerifier([]).current('ci/ann', credential), undefined);
});

test('what was issued before there was a setting counts as long as that setting has its default', async (t) => {
  const signer = await TokenSigner.of('ES256');
  for (const [groups, id] of [
    [{ claim: 'g', prefix: 'x' }, '-_8lA43IpMoeRNJq'],
    [['x'], '7hs1GX6xmuNfiQ8N'],
  ] as const) {
    const token = presented(await signer.sign({ g: ['a'] }));
    t.is((await verifierFor(signer, { ...settings, groups }).verify(token)).credential, id);
  }
});

test('a user may have personal tokens while the issuer makes the same users and groups of its tokens', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const { issuer } = await verifierFor(signer, settings).verify(presented(await signer.sign()));
  for (const others of [{}, { leewayMs: 0 }]) {
    t.true(await verifierFor(signer, { ...settings, ...others }).hasUser('ci/ann', issuer));
  }
  for (const others of [...CHANGES, { personalTokens: false }]) {
    const changed = verifierFor(signer, { ...settings, ...others });
    t.false(await changed.hasUser('ci/ann', issuer), JSON.stringify(others));
  }
  t.false(await verifierFor(signer, settings).hasUser('ann', issuer), 'a name of nobody');
  t.false(await verifierFor(signer, settings).hasUser('ci/ann'), 'a token that says nothing of its issuer');
});

test('an identity ends with its token, and a token that is remembered is refused as soon as it has expired', async (t) => {
  const signer = await TokenSigner.of('ES256');
  let nowMs = Date.now();
  const verifier = verifierFor(signer, { leewayMs: 0 }, () => nowMs);
  const exp = Math.floor(nowMs / 1000) + 30;
  const token = presented(await signer.sign({ exp }));
  t.is((await verifier.verify(token)).expiresAtMs, exp * 1000);
  nowMs = exp * 1000 - 1;
  await t.notThrowsAsync(verifier.verify(token));
  nowMs = exp * 1000;
  await t.throwsAsync(verifier.verify(token), { name: 'CredentialsError', message: /it has expired/ });
});

test('only three parts of base64url that begin as a token does have the shape of one', async (t) => {
  const verifier = verifierFor(await TokenSigner.of('ES256'));
  for (const text of ['eyJ.a.b', 'eyJhbGciOiJFUzI1NiJ9.e30.', `eyJ${'a'.repeat(1000)}.a.a`]) {
    t.true(verifier.recognises(presented(text)), text);
  }
  for (const text of [
    '',
    'secret',
    'eyJ',
    'eyJ.a',
    'eyJ..a',
    'a.b.c',
    'eyJ.a.b.c',
    'eyJ.a.b ',
    ' eyJ.a.b',
    'eyJ.é.b',
    'eyJ.a\n.b',
  ]) {
    t.false(verifier.recognises(presented(text)), text);
  }
  t.false(verifier.recognises(presented(`eyJ.${'a'.repeat(64 * 1024)}.a`)));
});
