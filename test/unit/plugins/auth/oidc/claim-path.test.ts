import test from 'ava';
import { ClaimPath, claimText } from '../../../../../plugins/auth/oidc/claim-path.ts';
import { KEYCLOAK_PERSON, KUBERNETES_POD } from '../../../../helpers/auth/published-claims.ts';

test('a path leads through objects, and a dot in a name is escaped', (t) => {
  t.deepEqual(ClaimPath.parse('realm_access.roles').find(KEYCLOAK_PERSON), ['offline_access', 'developers']);
  t.is(ClaimPath.parse('kubernetes\\.io.namespace').find(KUBERNETES_POD), 'my-namespace');
  t.is(ClaimPath.of(['kubernetes.io', 'serviceaccount', 'name']).find(KUBERNETES_POD), 'my-service-account');
  t.is(ClaimPath.of(['kubernetes.io', 'a\\b']).source, 'kubernetes\\.io.a\\\\b');
  t.is(ClaimPath.parse('https://example\\.com/roles').find({ 'https://example.com/roles': 'x' }), 'x');
  for (const names of [['a.b', 'c'], ['a\\.b'], ['\\', '.']]) {
    t.is(ClaimPath.parse(ClaimPath.of(names).source).source, ClaimPath.of(names).source);
  }
});

test('a claim that is missing, null, or below a value that is no object is not there', (t) => {
  const claims = { a: null, b: 'text', c: ['x'], d: {} };
  for (const path of [
    'a',
    'e',
    'a.b',
    'b.length',
    'c.0',
    'c.length',
    'd.x',
    '__proto__',
    'constructor',
    'd.toString',
  ]) {
    t.is(ClaimPath.parse(path).find(claims), undefined, path);
  }
});

const WRONG: Readonly<Record<string, RegExp>> = {
  '': /one of its names is empty/,
  'a..b': /one of its names is empty; a dot in a name is written as \\\./,
  '.a': /is empty/,
  'a.': /is empty/,
  'a\\': /may stand only before a dot/,
  'a\\b': /may stand only before a dot/,
  'a.a.a.a.a.a.a.a.a.a.a': /more than 10 levels/,
  [`${'a'.repeat(256)}`]: /more than 255 characters/,
};

for (const [text, message] of Object.entries(WRONG)) {
  test(`the path ${JSON.stringify(text.slice(0, 20))} is refused`, (t) => {
    t.throws(() => ClaimPath.parse(text), { message });
  });
}

test('an empty list of names is refused', (t) => {
  t.throws(() => ClaimPath.of([]), { message: 'it names no claim' });
});

test('texts, booleans and exact whole numbers have a text, and nothing else has', (t) => {
  t.deepEqual(['a', '', true, false, 0, -7, 2 ** 53 - 1].map(claimText), [
    ...['a', '', 'true', 'false', '0', '-7', '9007199254740991'],
  ]);
  for (const value of [2 ** 53, 1.5, Number.NaN, null, undefined, {}, ['a']]) t.is(claimText(value), undefined);
});
