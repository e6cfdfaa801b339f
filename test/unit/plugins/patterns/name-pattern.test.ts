import test from 'ava';
import { isRepositoryName, isTag } from '../../../../core/model/reference.ts';
import { NamePattern, repositoryPattern, tagPattern } from '../../../../plugins/patterns/name-pattern.ts';

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
  ['constructor', 'constructor', true],
  ['*constructor?', 'a-constructor1', true],
] as const) {
  test(`${pattern} ${isMatch ? 'matches' : 'does not match'} ${name}`, (t) => {
    t.is(new NamePattern(pattern).matches(name), isMatch);
  });
}

for (const pattern of ['', '^v', 'v[0-9]', 'a|b', '(a)', 'v\\d', 'v1$', 'team app']) {
  test(`${JSON.stringify(pattern)} is no pattern`, (t) => {
    t.throws(() => new NamePattern(pattern), { message: /a pattern may contain only/ });
  });
}

test('a pattern of many wildcards takes no longer for a name that nearly matches', (t) => {
  const pattern = new NamePattern(`${'*a'.repeat(50)}b`);
  t.false(pattern.matches('a'.repeat(255)));
});

test('three stars are no wildcard', (t) => {
  t.throws(() => new NamePattern('team/***'), { message: /"\*\*\*" is not a wildcard/ });
});

/** Every sequence of at most `most` of these words. */
function sequences(words: readonly string[], most: number): string[][] {
  if (most === 0) return [[]];
  const shorter = sequences(words, most - 1);
  return [[], ...words.flatMap((word) => shorter.map((rest) => [word, ...rest]))];
}

const texts = sequences(['a', '.', '_', '-', '/'], 5).map((parts) => parts.join(''));
const patterns = new Set(sequences(['a', '.', '_', '-', '/', '?', '*'], 3).map((parts) => parts.join('')));

for (const [what, read, isName] of [
  ['repositories', repositoryPattern, isRepositoryName],
  ['tags', tagPattern, isTag],
] as const) {
  test(`a pattern of ${what} is refused exactly if it matches none`, (t) => {
    const names = [...new Set(texts)].filter(isName);
    for (const source of patterns) {
      if (source === '' || source === '***') continue;
      const pattern = new NamePattern(source);
      if (names.some((name) => pattern.matches(name))) t.notThrows(() => read(source), source);
      else t.throws(() => read(source), undefined, source);
    }
  });
}

for (const source of ['a//b', '/a', 'a/', '..', '**/', 'a._b', 'a___b', '-', `${'a'.repeat(256)}*`, '?'.repeat(256)]) {
  test(`${source.slice(0, 10)} is no pattern of repositories, because no name matches`, (t) => {
    t.throws(() => repositoryPattern(source), { message: /no repository name matches it/ });
  });
}

for (const source of ['..', '.*', '-v1', 'a'.repeat(129), '?'.repeat(129)]) {
  test(`${source.slice(0, 10)} is no pattern of tags, because none matches`, (t) => {
    t.throws(() => tagPattern(source), { message: /no tag matches/ });
  });
}

for (const source of ['a/**', '*---*', 'a__b', '**', '?'.repeat(255), 'team/*', '**/web-*']) {
  test(`${source.slice(0, 10)} is a pattern of repositories`, (t) => {
    t.notThrows(() => repositoryPattern(source));
  });
}

test('a pattern of more than 1024 characters is refused, and no pattern matches a longer name', (t) => {
  t.notThrows(() => new NamePattern('a'.repeat(1024)));
  t.throws(() => new NamePattern('a'.repeat(1025)), { message: /at most 1024 characters/ });
  t.true(new NamePattern('**').matches('a'.repeat(1024)));
  t.false(new NamePattern('**').matches('a'.repeat(1025)));
});
