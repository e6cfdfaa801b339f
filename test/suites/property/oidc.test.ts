import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLocalJWKSet } from 'jose';
import { RegistryError } from '../../../core/model/errors.ts';
import { CredentialsError } from '../../../plugins/auth/credentials/credential-verifier.ts';
import { readGroups, readRequiredClaims, readUsername } from '../../../plugins/auth/oidc/claim-options.ts';
import { ClaimPath } from '../../../plugins/auth/oidc/claim-path.ts';
import { OidcIssuer } from '../../../plugins/auth/oidc/oidc-issuer.ts';
import { OidcVerifier } from '../../../plugins/auth/oidc/oidc-verifier.ts';
import { UserTemplate } from '../../../plugins/auth/oidc/user-template.ts';
import { DEFAULT_ALGORITHMS } from '../../../plugins/auth/token/signing-algorithms.ts';
import { TrustedKeys } from '../../../plugins/auth/token/trusted-keys.ts';
import { TextPattern } from '../../../plugins/patterns/text-pattern.ts';
import { ISSUER, SERVICE, TokenSigner } from '../../helpers/auth/token-signer.ts';
import { holds } from './property.ts';
import { anyText, nearly, textOf } from './texts.ts';

const RUNS = 1000;

/** A verifier of tokens of the signer that needs no network. */
function verifierFor(signer: TokenSigner): OidcVerifier {
  const keys = { roots: [], find: createLocalJWKSet({ keys: [signer.jwk] }), secrets: new Map(), ids: [signer.kid] };
  const files = { current: async () => keys };
  const settings = {
    ...{ issuer: ISSUER, audiences: [SERVICE], algorithms: DEFAULT_ALGORITHMS, leewayMs: 60_000 },
    required: readRequiredClaims({ 'a.b': ['x*', true, 7] }),
    user: readUsername('ci/${user.name}/x', ISSUER),
    groups: readGroups({ claim: ['g', 'h.i'], prefix: 'p:', optional: true }),
    personalTokens: false,
  };
  const prefixes = { users: ['ci/', 'ci/evil'], groups: ['p:'], groupsOfOthers: new Set(['ci']) };
  const trusted = new TrustedKeys({ files, remote: undefined }, Date.now);
  return new OidcVerifier([new OidcIssuer(settings, { keys: trusted, prefixes, now: Date.now })]);
}

/** `undefined` when the credentials are refused as they should be. */
async function identified(verifier: OidcVerifier, text: string): Promise<string | undefined> {
  const presented = { user: undefined, secret: Buffer.from(text) };
  if (!verifier.recognises(presented)) return undefined;
  try {
    return (await verifier.verify(presented)).actor.name;
  } catch (error) {
    assert.ok(error instanceof CredentialsError || RegistryError.is(error, 'UNAVAILABLE'), String(error));
    assert.ok(error.message.length < 1000, 'the reason quotes what a stranger sent');
    return undefined;
  }
}

const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), anyText, fc.constantFrom('x', 'xy', true, 7, undefined));
const claims = fc.record(
  {
    a: fc.oneof(value, fc.record({ b: value })),
    user: fc.oneof(value, fc.record({ name: value })),
    g: fc.oneof(value, fc.record({ 'h.i': value })),
    email_verified: value,
    aud: fc.oneof(value, fc.constant(SERVICE)),
    sub: value,
    exp: fc.oneof(value, fc.constant(9e9)),
    nbf: value,
    cnf: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, value),
    __proto__: value,
  },
  { requiredKeys: [] },
);
const header = fc.record({ kid: value, x5c: value, jwk: value, crit: value, typ: value }, { requiredKeys: [] });

holds('whatever claims and header a token has, it names a user of its own prefix or is refused', RUNS, async () => {
  const signer = await TokenSigner.of('ES256');
  const verifier = verifierFor(signer);
  const right = { a: { b: 'x' }, user: { name: 'u' }, aud: SERVICE, exp: 9e9, g: undefined };
  assert.equal(await identified(verifier, await signer.sign(right)), 'ci/u/x');
  return fc.asyncProperty(claims, fc.option(header, { nil: {} }), async (given, head) => {
    // What cannot be signed is no token.
    const token = await signer.sign({ ...right, ...given }, head).catch(() => undefined);
    if (token === undefined) return;
    const name = await identified(verifier, token);
    if (name !== undefined) assert.match(name, /^ci\/(?!evil)[^\0-\x1f\x7f-\x9f]{1,250}\/x$/u);
  });
});

holds('a token with any character changed, put in or left out names nobody', 300, async () => {
  const signer = await TokenSigner.of('ES256');
  const verifier = verifierFor(signer);
  const token = await signer.sign({ a: { b: 'x' }, user: { name: 'u' } });
  const partsOf = (text: string): string =>
    text
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('hex'))
      .join('.');
  return fc.asyncProperty(nearly(fc.constant(token)), async (text) => {
    const isSame = partsOf(text) === partsOf(token) && /^[\w.-]+$/.test(text);
    assert.equal(await identified(verifier, text), isSame ? 'ci/u/x' : undefined);
  });
});

const part = fc.oneof(textOf('abc{}[]",:0', { max: 200 }), fc.json(), anyText);

holds('three parts of anything are no token, and the reason is typed and short', RUNS, async () => {
  const verifier = verifierFor(await TokenSigner.of('ES256'));
  const encoded = part.map((text) => Buffer.from(text).toString('base64url'));
  return fc.asyncProperty(fc.array(fc.oneof(encoded, part), { minLength: 1, maxLength: 4 }), async (parts) => {
    const head = Buffer.from('{"alg":"ES256","kid":"x"}').toString('base64url');
    for (const text of [parts.join('.'), [head, ...parts].join('.'), `eyJ${parts.join('.')}`]) {
      assert.equal(await identified(verifier, text), undefined);
    }
  });
});

holds('any text is a path of claims or refused, and a path is read as it is written', RUNS, () =>
  fc.property(nearly(textOf('ab.\\/:', { max: 12 })), fc.jsonValue({ maxDepth: 3 }), (text, given) => {
    let path: ClaimPath;
    try {
      path = ClaimPath.parse(text);
    } catch (error) {
      assert.equal((error as Error).constructor, Error);
      return;
    }
    assert.equal(ClaimPath.parse(path.source).source, path.source);
    path.find({ a: given });
  }),
);

holds('any text is a template of users or refused, with a prefix that all names have', RUNS, () =>
  fc.property(nearly(textOf('a/${}.', { max: 16 })), textOf('xyz', { min: 1 }), (text, name) => {
    let template: UserTemplate;
    try {
      template = UserTemplate.parse(text);
    } catch (error) {
      assert.equal((error as Error).constructor, Error);
      return;
    }
    assert.ok(text.startsWith(template.prefix));
    const user = readable(() => template.nameOf({ a: name }));
    if (user !== undefined) assert.ok(user.startsWith(template.prefix) && user.includes(name));
  }),
);

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

holds('a text pattern without wildcards matches its own text only', RUNS, () =>
  fc.property(
    anyText.filter((text) => text !== '' && !/[*?\n]/.test(text) && text.length < 1000),
    anyText,
    (text, other) => {
      assert.ok(new TextPattern(text).matches(text));
      assert.equal(new TextPattern(text).matches(other), other === text);
    },
  ),
);
