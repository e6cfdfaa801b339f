import test from 'ava';
import fc from 'fast-check';
import { createLocalJWKSet } from 'jose';
import { parseChallenges } from '../../../client/auth/challenge.ts';
import { parseBasicCredentials } from '../../../plugins/auth/basic-credentials.ts';
import { bearerTokenOf } from '../../../plugins/auth/bearer-token.ts';
import { ClaimPath } from '../../../plugins/auth/oidc/claim-path.ts';
import { UserTemplate } from '../../../plugins/auth/oidc/user-template.ts';
import { parseScopes, ScopeError } from '../../../plugins/auth/scope.ts';
import { parseCertificates } from '../../../plugins/auth/token/certificate-chain.ts';
import { DEFAULT_ALGORITHMS } from '../../../plugins/auth/token/signing-algorithms.ts';
import { TokenError } from '../../../plugins/auth/token/token-error.ts';
import { TokenVerifier } from '../../../plugins/auth/token/token-verifier.ts';
import { TrustedKeys } from '../../../plugins/auth/token/trusted-keys.ts';
import { withoutTokens } from '../../../plugins/auth/without-tokens.ts';
import { createPolicy } from '../../../plugins/authorization/policy-settings.ts';
import { RepositoryRulePattern } from '../../../plugins/authorization/repository-rule-pattern.ts';
import { repositoryPattern, tagPattern } from '../../../plugins/patterns/name-pattern.ts';
import { TextPattern } from '../../../plugins/patterns/text-pattern.ts';
import { parseNetwork } from '../../../server/config/sections/http-trusted-proxies.ts';
import { ISSUER, SERVICE, TokenSigner } from '../../helpers/auth/token-signer.ts';
import { runsAtLength } from '../../helpers/running/length.ts';
import { countedInLetters, everyHostileText, type Fragments, hostileText } from './hostile-texts.ts';
import { fastestMs } from './processor-time.ts';
import { seed } from './seed.ts';

/** What a header or a form can hold, and more than any parser should look at. */
const SIZES = [64 * 1024, 1024 * 1024];
/** Of processor time for the largest input. */
const LIMIT_MS = 50;
const GENERATED = 20;

const signer = await TokenSigner.of('ES256');
const [HEAD = '', CLAIMS = ''] = (await signer.sign({ access: ['repository:app:pull'] })).split('.');
const keys = { roots: [], find: createLocalJWKSet({ keys: [signer.jwk] }), secrets: new Map(), ids: [signer.kid] };
const verifier = new TokenVerifier(
  new TrustedKeys({ files: { current: async () => keys }, remote: undefined }, Date.now),
  { ...{ issuers: [ISSUER], service: SERVICE, algorithms: DEFAULT_ALGORITHMS, leewayMs: 0, now: Date.now } },
);

const rule = { effect: 'allow', groups: [], anonymous: true, authenticated: true, actions: ['pull'] } as const;
const policy = createPolicy({
  rules: [
    { ...rule, name: 'all', users: [], repositories: ['**', '*/**/*-*', 'a/**/b?*'] },
    { ...rule, name: 'own', users: [], repositories: ['home/${user}/**', '${user}/*/${user}'] },
  ],
  groups: {},
  immutableTags: [],
});
const claims = new TextPattern('refs/**/*-*/v?*');

const SCOPES: Fragments = {
  heads: ['repository:', 'repository(a):'],
  units: ['a', ':', ',', 'a:b:c ', '(', 'pull,', 'repository:a:pull '],
  tails: [':pull', ':', ' '],
  varied: (bytes) => countedInLetters(' a:b:', bytes),
};
const CHALLENGES: Fragments = {
  heads: ['Bearer realm="', 'Bearer ', 'Basic,'],
  units: ['a=b,', '\\"', 'a="b",', ' ', 'a ', 'a-', '\\', 'Basic,'],
  tails: ['"', '=', ',scope="a'],
};
const AUTHORIZATION: Fragments = {
  heads: ['Basic ', 'Bearer ', 'bearer  '],
  units: [' ', 'YTpi', '=', '= ', 'a.'],
  tails: ['=', ' ', ' !', 'YTpi'],
};
const TOKENS: Fragments = {
  heads: [`${HEAD}.`, `${HEAD}.${CLAIMS}.`, 'eyJ', '.'],
  units: ['a', '.', 'e30', '=', 'eyJ'],
  tails: ['.', '..', `.${CLAIMS}.AA`],
};
const JSON_HEADS: Fragments = {
  heads: ['{"alg":"ES256","kid":"', '{"alg":"ES256","crit":[', '{"alg":"ES256","x5c":[', '['],
  units: ['a', '"a",', '[', '{"a":'],
  tails: ['"}', ']}', '"]}'],
};
const PATTERNS: Fragments = {
  heads: ['a/', '${user}'],
  units: ['*', '*/', '?', 'a', '${user}/', 'a*'],
  tails: ['**', 'b'],
};
const NAMES: Fragments = {
  heads: ['a/', 'home/ann/', 'refs/'],
  units: ['a/', '-', 'a-', 'ab', '/'],
  tails: ['/b', '-', ''],
};
const NETWORKS: Fragments = {
  heads: ['10.', '::', '1/'],
  units: ['1.', ':', '0', '/', 'f:'],
  tails: ['/8', '%a', '/'],
};
const LINES: Fragments = {
  heads: ['stowage_pat_', 'eyJ'],
  units: ['stowage_pat_', 'stowage_pat_a_', 'eyJ', 'eyJa.', ' eyJa', '.eyJa', '_a'],
  tails: ['_', '.', '.a'],
};
const PEM: Fragments = {
  heads: ['-----BEGIN CERTIFICATE-----'],
  units: ['-', 'a', '-----BEGIN CERTIFICATE-----', '\n'],
  tails: ['-----END CERTIFICATE-----', '-----'],
};
const TEMPLATES: Fragments = {
  heads: ['${', 'a'],
  units: ['${', '${a}', '}', '\\.', 'a.', '\\'],
  tails: ['}', '${a}'],
};

type Refusal = abstract new (...values: never[]) => Error;

/** What a parser may throw; `undefined` for one that accepts every text. */
const PARSERS: readonly (readonly [
  what: string,
  fragments: Fragments,
  parse: (text: string) => unknown,
  refusal: Refusal | undefined,
])[] = [
  ['a list of scopes', SCOPES, (text) => parseScopes([text]), ScopeError],
  ['a challenge', CHALLENGES, (text) => parseChallenges([text]), undefined],
  ['credentials', AUTHORIZATION, (text) => [parseBasicCredentials(text), bearerTokenOf(text)], undefined],
  ['a token', TOKENS, (text) => verifier.verify(text), TokenError],
  ['the header of a token', JSON_HEADS, (text) => verifier.verify(`${encoded(text)}.${CLAIMS}.AA`), TokenError],
  ['the claims of a token', JSON_HEADS, (text) => verifier.verify(`${HEAD}.${encoded(text)}.AA`), TokenError],
  ['a pattern of repositories', PATTERNS, repositoryPattern, Error],
  ['a pattern of tags', PATTERNS, tagPattern, Error],
  ['a pattern of a rule', PATTERNS, (text) => new RepositoryRulePattern(text).matches('a/b', 'ann'), Error],
  ['a pattern of claims', PATTERNS, (text) => new TextPattern(text), Error],
  ['a text that a pattern of claims is compared with', NAMES, (text) => claims.matches(text), undefined],
  [
    'a repository that a policy decides about',
    NAMES,
    (text) => policy.decide({ repository: text, action: 'pull' }, subjectOf('ann')),
    undefined,
  ],
  [
    'a user whom a policy decides about',
    NAMES,
    (text) => policy.decide({ repository: 'home/ann/x', action: 'pull' }, subjectOf(text)),
    undefined,
  ],
  ['a network', NETWORKS, parseNetwork, undefined],
  ['a line of a log', LINES, withoutTokens, undefined],
  ['certificates', PEM, parseCertificates, Error],
  ['the path of a claim', TEMPLATES, (text) => ClaimPath.parse(text), Error],
  ['a template of users', TEMPLATES, (text) => UserTemplate.parse(text), Error],
];

for (const [what, fragments, parse, refusal] of PARSERS) {
  // One after the other: some parsers wait, and the time of others in this thread would count as theirs.
  test.serial(
    `${what} of up to 1 MiB is parsed or refused with its own error within ${LIMIT_MS} ms, whatever it holds`,
    async (t) => {
      const texts = SIZES.flatMap((bytes) => [
        ...everyHostileText(fragments, bytes),
        ...fc.sample(hostileText(fragments, bytes), { seed, numRuns: runsAtLength(GENERATED) }),
      ]);
      const problems: string[] = [];
      for (const text of texts) {
        const place = `${text.slice(0, 40)}…${text.slice(-20)}`;
        const checked = async (): Promise<void> => {
          try {
            await parse(text);
          } catch (error) {
            const isTyped = refusal !== undefined && error instanceof refusal && error.constructor === refusal;
            if (!isTyped) problems.push(`${String(error).slice(0, 200)}: ${place}`);
          }
        };
        const ms = await fastestMs(checked, LIMIT_MS);
        if (ms > LIMIT_MS) problems.push(`${ms} ms: ${place}`);
      }
      t.deepEqual(problems, [], `PROPERTY_SEED=${seed}`);
    },
  );
}

function subjectOf(user: string) {
  return { user, groups: [], address: undefined, nowMs: 0 };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
