import test from 'ava';
import {
  baseName,
  childPath,
  DriverError,
  isStoragePath,
  parentPath,
  parseStoragePath,
  ROOT_PATH,
} from '../../../../core/driver/index.ts';

test('a path is one or more components of letters, digits, dot, underscore and dash', (t) => {
  for (const path of ['/a', '/A9/._-', '/...', '/a/..b', '/.stowage', '/a/b.c/d_e-f'])
    t.true(isStoragePath(path), path);
});

test('a path cannot leave the root, be relative or empty, end with a slash or contain anything else', (t) => {
  const wrong = [
    '',
    '/',
    'a',
    '//a',
    '/a/',
    '/a//b',
    '/.',
    '/..',
    '/a/.',
    '/a/../b',
    '/../a',
    '/a b',
    '/a\n',
    '/ä',
    '/a\0b',
  ];
  for (const path of wrong) {
    t.false(isStoragePath(path), JSON.stringify(path));
    const error = t.throws(() => parseStoragePath(path));
    t.true(DriverError.is(error, 'invalid-path'));
    t.true(error.message.includes(JSON.stringify(path)));
  }
});

test('children, parents and names of paths fit together', (t) => {
  const path = parseStoragePath('/a/b');
  t.deepEqual(
    [childPath(ROOT_PATH, 'a'), childPath(path, 'c'), parentPath(path)],
    ['/a', '/a/b/c', '/a'].map(parseStoragePath),
  );
  t.is(parentPath(parentPath(path)), ROOT_PATH);
  t.is(baseName(path), 'b');
  for (const name of ['', '..', 'a/../b', 'a b']) t.throws(() => childPath(path, name), { message: /invalid-path/ });
});
