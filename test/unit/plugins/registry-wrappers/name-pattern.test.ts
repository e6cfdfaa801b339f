import test from 'ava';
import { NamePattern } from '../../../../plugins/registry-wrappers/name-pattern.ts';

for (const [pattern, name, isMatch] of [
  ['v1.2', 'v1.2', true],
  ['v1.2', 'v1x2', false],
  ['v1', 'v1.2', false],
  ['v*', 'v1.2', true],
  ['v*', 'v', true],
  ['v?', 'v1', true],
  ['v?', 'v', false],
  ['*', 'team/app', false],
  ['team/*', 'team/app', true],
  ['team/*', 'team/app/web', false],
  ['team/**', 'team/app/web', true],
  ['**/web', 'team/app/web', true],
  ['**', 'team/app', true],
  ['*-rc?', 'v1-rc2', true],
] as const) {
  test(`${pattern} ${isMatch ? 'matches' : 'does not match'} ${name}`, (t) => {
    t.is(new NamePattern(pattern).matches(name), isMatch);
  });
}

for (const pattern of ['', '^v', 'v[0-9]', 'a|b', '(a)', 'v\\d', 'v1$', 'team app']) {
  test(`${JSON.stringify(pattern)} is no pattern`, (t) => {
    t.throws(() => new NamePattern(pattern), { message: /a pattern consists of/ });
  });
}

test('a pattern of many wildcards takes no longer for a name that nearly matches', (t) => {
  const pattern = new NamePattern(`${'*a'.repeat(50)}b`);
  t.false(pattern.matches('a'.repeat(255)));
});
