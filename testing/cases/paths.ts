import assert from 'node:assert/strict';
import { assertBytes, assertFails, at, content, type DriverCase, names, readAll } from '../driver-case.ts';

const VALID = [
  '/a',
  '/2',
  '/aa',
  '/a.a',
  '/0-9/abcdefg',
  '/abcdefg/z.75',
  '/abc/1.2.3.4.5-6_zyx/123.z/4',
  '/docker/docker-registry',
  '/123.abc',
  '/abc./abc',
  '/.abc',
  '/a--b',
  '/a-.b',
  '/_.abc',
  '/Docker/docker-registry',
  '/Abc/Cba',
];

const INVALID = [
  '',
  '/',
  'abc',
  '123.abc',
  '//bcd',
  '/abc_123/',
  '/..',
  '/a/../b',
  '/./a',
  '/a b',
  '/a\n',
  '/ä',
  '/a\0',
];

export const pathCases: readonly DriverCase[] = [
  {
    title: 'the root of an empty driver lists as empty (RootExists)',
    group: 'contract',
    proves: 'listMissing',
    run: async ({ driver }) => assert.deepEqual(await names(driver, '/'), []),
  },
  ...VALID.map(
    (path, seed): DriverCase => ({
      title: `content comes back from ${path} (ValidPaths)`,
      group: 'contract',
      proves: 'write',
      run: async ({ driver }) => {
        const bytes = content(64, seed);
        await driver.write(at(path), bytes);
        assertBytes(await readAll(driver, path), bytes);
      },
    }),
  ),
  {
    title: 'a path outside the grammar is refused as invalid-path (InvalidPaths)',
    group: 'contract',
    proves: 'grammar',
    run: async ({ driver }) => {
      for (const path of INVALID) {
        const place = { driver, path };
        await assertFails(driver.write(at(path), content(1)), 'invalid-path', place);
        await assertFails(driver.read(at(path)), 'invalid-path', place);
        await assertFails(driver.openWriter(at(path), { append: false }), 'invalid-path', place);
        await assertFails(driver.delete(at(path)), 'invalid-path', place);
        await assertFails(driver.move(at('/a'), at(path)), 'invalid-path', place);
        await assertFails(driver.move(at(path), at('/a')), 'invalid-path', place);
        if (path === '/') continue;
        await assertFails(driver.stat(at(path)), 'invalid-path', place);
        await assertFails(names(driver, path), 'invalid-path', place);
      }
    },
  },
];
