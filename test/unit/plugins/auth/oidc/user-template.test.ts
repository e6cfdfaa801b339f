import test from 'ava';
import { ClaimPath } from '../../../../../plugins/auth/oidc/claim-path.ts';
import { UserTemplate } from '../../../../../plugins/auth/oidc/user-template.ts';
import { TokenError } from '../../../../../plugins/auth/token/token-error.ts';
import { GITHUB_JOB, KEYCLOAK_PERSON, KUBERNETES_POD } from '../../../../helpers/auth/published-claims.ts';

test('a name is made of claims and the texts between them', (t) => {
  const nameOf = (template: string, claims: object): string => UserTemplate.parse(template).nameOf({ ...claims });
  t.is(nameOf('ci/${repository}', GITHUB_JOB), 'ci/octo-org/octo-repo');
  t.is(nameOf('${repository_owner}@${ref_type}/$x', GITHUB_JOB), 'octo-org@branch/$x');
  t.is(nameOf('${preferred_username}', KEYCLOAK_PERSON), 'ann');
  t.is(nameOf('pod/${kubernetes\\.io.namespace}', KUBERNETES_POD), 'pod/my-namespace');
  t.is(nameOf('id/${n}', { n: 7 }), 'id/7');
  t.is(UserTemplate.ofClaim(ClaimPath.parse('sub'), 'host#').nameOf({ sub: 'x' }), 'host#x');
});

test('the prefix of a template is the text before its first claim', (t) => {
  t.is(UserTemplate.parse('ci/${a}').prefix, 'ci/');
  t.is(UserTemplate.parse('${a}/x').prefix, '');
  t.is(UserTemplate.ofClaim(ClaimPath.parse('a')).prefix, '');
});

const REFUSED: Readonly<Record<string, readonly [claims: Readonly<Record<string, unknown>>, reason: RegExp]>> = {
  'is missing': [{}, /its claim "name" is missing or not a text/],
  'is null': [{ name: null }, /is missing/],
  'is empty': [{ name: '' }, /is missing/],
  'is a list': [{ name: ['ann'] }, /not a text/],
  'is an object': [{ name: {} }, /not a text/],
  'is a number that is not exact': [{ name: 1e30 }, /not a text/],
  'has a line break': [{ name: 'ann\nadmin' }, /characters that no name may have/],
  'has a zero byte': [{ name: 'ann\0' }, /characters/],
  'has half a character': [{ name: 'ann\ud800' }, /characters/],
  'turns the direction of the text': [{ name: 'ann\u202Enimda' }, /characters/],
  'has an invisible character': [{ name: 'ann\u200B' }, /characters/],
  'begins with a space': [{ name: ' ann' }, /begins or ends with a space/],
  'is only spaces': [{ name: '   ' }, /empty/],
  'is too long': [{ name: 'a'.repeat(256) }, /more than 255 characters/],
};

for (const [what, [claims, message]] of Object.entries(REFUSED)) {
  test(`a token is refused whose claim for the name ${what}`, (t) => {
    const refusal = t.throws(() => UserTemplate.parse('${name}').nameOf(claims), { instanceOf: TokenError, message });
    t.false(refusal.message.includes('ann'));
  });
}

test('an email that its provider has not verified names no user', (t) => {
  const template = UserTemplate.parse('${email}');
  for (const email_verified of [true, 'true']) t.is(template.nameOf({ email: 'a@b', email_verified }), 'a@b');
  t.is(template.nameOf({ email: 'a@b' }), 'a@b');
  for (const email_verified of [false, 'false', null, 1]) {
    t.throws(() => template.nameOf({ email: 'a@b', email_verified }), { message: /"email_verified" is not true/ });
  }
});

const WRONG: Readonly<Record<string, RegExp>> = {
  ci: /it names no claim; write \$\{ci\} in it, or \{claim: ci\}/,
  'ci/x y': /it names no claim; write \$\{sub\}/,
  '': /it names no claim/,
  '${a}${b}': /two claims follow each other/,
  'a${b}c${d': /a "\$\{" in it has no "\}"/,
  '${}': /one of its names is empty/,
  '${a..b}': /one of its names is empty/,
  [`a\${${'b'.repeat(1024)}}`]: /more than 1024 characters/,
};

for (const [text, message] of Object.entries(WRONG)) {
  test(`the template ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => UserTemplate.parse(text), { message });
  });
}
