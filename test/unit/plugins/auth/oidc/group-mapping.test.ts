import test from 'ava';
import { readGroups } from '../../../../../plugins/auth/oidc/claim-options.ts';
import { groupsOf } from '../../../../../plugins/auth/oidc/group-mapping.ts';
import { TokenError } from '../../../../../plugins/auth/token/token-error.ts';
import { GITLAB_JOB, KEYCLOAK_PERSON } from '../../../../helpers/auth/published-claims.ts';

const groups = (option: unknown, claims: object): readonly string[] => groupsOf(readGroups(option), { ...claims });

test('groups come from a claim, with a prefix, or are always the same', (t) => {
  t.deepEqual(groups({ claim: 'realm_access.roles' }, KEYCLOAK_PERSON), ['offline_access', 'developers']);
  t.deepEqual(groups({ claim: ['realm_access', 'roles'], prefix: 'kc:' }, KEYCLOAK_PERSON), [
    'kc:offline_access',
    'kc:developers',
  ]);
  t.deepEqual(groups({ claim: 'groups_direct' }, GITLAB_JOB), [...GITLAB_JOB.groups_direct]);
  t.deepEqual(groups({ claim: 'g' }, { g: ['a', 'b', 'a'] }), ['a', 'b']);
  t.deepEqual(groups({ claim: 'g' }, { g: 'one' }), ['one']);
  t.deepEqual(groups(['jobs', 'all'], {}), ['jobs', 'all']);
  t.deepEqual(groups({ claim: 'g' }, { g: [] }), []);
  for (const claims of [{}, { g: null }]) t.deepEqual(groups({ claim: 'g', optional: true }, claims), []);
  t.deepEqual(groups(undefined, { groups: ['a'] }), []);
});

const REFUSED: Readonly<Record<string, readonly [claims: object, reason: RegExp]>> = {
  'is missing': [{ groups: ['a'] }, /^it has no claim "g", so that its groups are unknown; with optional: true/],
  'is null': [{ g: null }, /^it has no claim "g"/],
  'is an object': [{ g: { a: true } }, /its claim "g" is not a list of texts/],
  'has an element that is no text': [{ g: ['a', {}] }, /not a list of texts/],
  'has an empty element': [{ g: ['a', ''] }, /not a list of texts/],
  'has a group with a line break': [{ g: ['a\nb'] }, /characters that no name may have/],
  'has a group that is too long': [{ g: ['a'.repeat(256)] }, /more than 255/],
  'has too many groups': [{ g: Array.from({ length: 501 }, (_, index) => `g${index}`) }, /more than 500 groups/],
  'was left out because it is too long': [{ _claim_names: { g: 'src1' } }, /not in the token, because/],
};

for (const [what, [claims, message]] of Object.entries(REFUSED)) {
  test(`a token is refused whose claim of groups ${what}, because a rule could deny them something`, (t) => {
    t.throws(() => groups({ claim: 'g' }, claims), { instanceOf: TokenError, message });
    if (/no claim/.test(message.source)) return;
    t.throws(() => groups({ claim: 'g', optional: true }, claims), { instanceOf: TokenError, message });
  });
}
