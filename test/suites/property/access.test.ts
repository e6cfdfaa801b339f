import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLocalJWKSet } from 'jose';
import { formatScopes, parseScopes, type Scope, ScopeError } from '../../../plugins/auth/scope.ts';
import type { KeyFiles } from '../../../plugins/auth/token/key-files.ts';
import { DEFAULT_ALGORITHMS } from '../../../plugins/auth/token/signing-algorithms.ts';
import { TokenError } from '../../../plugins/auth/token/token-error.ts';
import { TokenVerifier } from '../../../plugins/auth/token/token-verifier.ts';
import { TrustedKeys } from '../../../plugins/auth/token/trusted-keys.ts';
import type { Policy, PolicySubject } from '../../../plugins/authorization/policy.ts';
import { POLICY_ACTIONS, type PolicyAction } from '../../../plugins/authorization/policy-rule.ts';
import { createPolicy, type RuleSettings } from '../../../plugins/authorization/policy-settings.ts';
import { RepositoryRulePattern } from '../../../plugins/authorization/repository-rule-pattern.ts';
import { ISSUER, SERVICE, TokenSigner } from '../../helpers/auth/token-signer.ts';
import { holds } from './property.ts';
import { anyText, nearly, textOf } from './texts.ts';

const RUNS = 2000;

const actions = fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete', '*'), { maxLength: 4 });
const resource = fc.tuple(fc.constantFrom('repository', 'registry'), textOf('abc/:-', { min: 1, max: 12 }));
const scope = fc
  .tuple(resource, actions)
  .map(([[type, name], list]): Scope => ({ type, name: `a${name}`, actions: list }));

holds('scopes are read as they are written, each resource once', RUNS, () =>
  fc.property(fc.uniqueArray(scope, { maxLength: 5, selector: ({ type, name }) => `${type}:${name}` }), (scopes) =>
    assert.deepEqual(parseScopes([formatScopes(scopes)]), scopes),
  ),
);

holds('any text is a list of scopes or a ScopeError, and what is read is written and read the same', RUNS, () =>
  fc.property(fc.array(nearly(scope.map((one) => formatScopes([one]))), { maxLength: 4 }), (texts) => {
    let scopes: readonly Scope[];
    try {
      scopes = parseScopes(texts);
    } catch (error) {
      assert.ok(error instanceof ScopeError, String(error));
      assert.ok(error.message.length < 2000);
      return;
    }
    assert.deepEqual(parseScopes([formatScopes(scopes)]), scopes);
  }),
);

holds('a text of a million characters is refused as scope', 20, () =>
  fc.property(fc.constantFrom('a', ':', 'repository:', 'a:b:c ', ',', 'repository:a:pull '), (part) => {
    const text = part.repeat(Math.ceil(1_000_000 / part.length));
    try {
      assert.ok(parseScopes([text]).length <= 100);
    } catch (error) {
      assert.ok(error instanceof ScopeError, String(error));
    }
  }),
);

/** A verifier that trusts the keys of the signer, and needs no file. */
function verifierFor(signer: TokenSigner): TokenVerifier {
  const keys = { roots: [], find: createLocalJWKSet({ keys: [signer.jwk] }), secrets: new Map(), ids: [signer.kid] };
  const files = { current: async () => keys } as unknown as KeyFiles;
  return new TokenVerifier(new TrustedKeys({ files, remote: undefined }, Date.now), {
    ...{ issuers: [ISSUER], service: SERVICE, algorithms: DEFAULT_ALGORITHMS, leewayMs: 60_000, now: Date.now },
  });
}

/** The bytes of each part, so that two spellings of one token count as the same. */
function partsOf(token: string): string {
  return token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('hex'))
    .join('.');
}

holds('a token with any character changed, put in or left out is refused with a TokenError', 300, async () => {
  const signer = await TokenSigner.of('ES256');
  const verifier = verifierFor(signer);
  const token = await signer.sign({ access: ['repository:app:pull'] });
  return fc.asyncProperty(nearly(fc.constant(token)), async (text) => {
    const outcome = await verifier.verify(text).then(
      () => 'believed',
      (error: unknown) => (error instanceof TokenError ? 'refused' : String(error)),
    );
    assert.equal(outcome, partsOf(text) === partsOf(token) && /^[\w.-]+$/.test(text) ? 'believed' : 'refused');
  });
});

holds('whatever claims and header a token has, it is believed or refused with a TokenError', 300, async () => {
  const signer = await TokenSigner.of('ES256');
  const verifier = verifierFor(signer);
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined)) as fc.Arbitrary<unknown>;
  const claims = fc.record({ sub: value, access: value, exp: value, nbf: value }, { requiredKeys: [] });
  const header = fc.record({ kid: value, x5c: value, jwk: value, crit: value, typ: value }, { requiredKeys: [] });
  return fc.asyncProperty(claims, header, async (given, head) => {
    // What cannot be signed is no token.
    const token = await signer.sign(given, head as Record<string, unknown>).catch(() => undefined);
    if (token === undefined) return;
    await verifier.verify(token).catch((error: unknown) => assert.ok(error instanceof TokenError, String(error)));
  });
});

const names = ['a', 'b', 'a/b', 'a/b/c', 'home/ann', 'home/ann/x', 'home/bob/x'];
const users = ['ann', 'bob', 'a.n', undefined];
const rule = fc.record({
  effect: fc.constantFrom('allow', 'allow', 'allow', 'deny'),
  repositories: fc.uniqueArray(
    fc.constantFrom('**', '*', 'a/*', 'a/**', 'a/b', 'a', 'home/${user}/**', 'home/**', '*/${user}'),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  users: fc.uniqueArray(fc.constantFrom('ann', 'bob'), { maxLength: 2 }),
  groups: fc.constant([]),
  anonymous: fc.boolean(),
  authenticated: fc.boolean(),
  actions: fc.uniqueArray(fc.constantFrom(...POLICY_ACTIONS), { minLength: 1, maxLength: 2 }),
}) as fc.Arbitrary<Omit<RuleSettings, 'name'>>;
const rules = fc
  .array(rule, { maxLength: 8 })
  .map((list) => list.map((one, index) => ({ ...one, name: `rule ${index}` })));

/** The three steps of a decision, word for word and without an index. */
function decidedPlainly(
  { rules: all }: Policy,
  repository: string,
  action: PolicyAction,
  { user }: PolicySubject,
): boolean {
  const isFor = (one: Policy['rules'][number]): boolean =>
    user === undefined ? one.anonymous : one.authenticated || one.users.has(user);
  const matching = (effect: string) =>
    all
      .filter((one) => one.effect === effect && isFor(one))
      .flatMap((one) => one.repositories.map((pattern) => ({ one, pattern })))
      .filter(({ pattern }) => pattern.matches(repository, user));
  if (matching('deny').some(({ one }) => one.actions.has(action))) return false;
  const allowing = matching('allow');
  if (allowing.some(({ one }) => one.actions.has('admin'))) return true;
  const covering = all.filter(({ effect }) => effect === 'allow').flatMap((one) => one.repositories);
  const closest = Math.max(...covering.filter((one) => one.covers(repository)).map(({ weight }) => weight));
  return allowing.some(({ one, pattern }) => pattern.weight === closest && one.actions.has(action));
}

holds('a policy decides as its three steps say, whatever the rules and their order', RUNS, () =>
  fc.property(
    rules,
    fc.constantFrom(...names),
    fc.constantFrom(...POLICY_ACTIONS),
    fc.constantFrom(...users),
    (list, name, action, user) => {
      const policy = createPolicy({ rules: list, groups: {}, immutableTags: [] });
      const subject = { user, groups: [], address: undefined, nowMs: 0 };
      const { isAllowed } = policy.decide({ repository: name, action }, subject);
      assert.equal(isAllowed, decidedPlainly(policy, name, action, subject));
      const reversed = createPolicy({ rules: [...list].reverse(), groups: {}, immutableTags: [] });
      assert.equal(reversed.decide({ repository: name, action }, subject).isAllowed, isAllowed);
    },
  ),
);

holds('no name of a user opens the repositories of another one', RUNS, () => {
  const pattern = new RepositoryRulePattern('home/${user}/**');
  return fc.property(fc.oneof(anyText, textOf('an*?/.-_')), (user) => {
    if (pattern.matches('home/ann/x', user)) assert.equal(user, 'ann');
  });
});
