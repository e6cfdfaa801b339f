import { access, glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

const BUNDLE = 'dist/bundle';

test('files that modules name lie beside the bundle, where all modules are in one folder', async (t) => {
  const named = new Set<string>();
  for await (const file of glob('{cli,core,drivers,plugins,server,testing}/**/*.ts', {
    exclude: ['testing/template/**'],
  })) {
    for (const [, name = ''] of (await readFile(file, 'utf8')).matchAll(
      /new URL\(\s*['"`]([^'"`]*)['"`],\s*import\.meta/g,
    )) {
      named.add(name);
    }
  }
  t.true(named.has('killed-writer.js'));
  for (const name of named) await t.notThrowsAsync(access(join(BUNDLE, name)), name);
});

test('the bundle has the license of every library in it', async (t) => {
  const licenses = await readFile(join(BUNDLE, 'LICENSES.txt'), 'utf8');
  for (const name of ['inversify', 'koa', 'pino', 'yaml', 'zod'])
    t.regex(licenses, new RegExp(`^${name} \\d.* \\(\\w+\\)$`, 'm'));
  t.notRegex(licenses, /^\S+ \d\S* \(\S+\)\n\n(?!\S)/m);
});

test('the source of the bundle takes one byte a character, in files and in memory', async (t) => {
  for await (const file of glob(`${BUNDLE}/*.js`)) {
    const bytes = await readFile(file);
    t.true(
      bytes.every((byte) => byte < 0x80),
      file,
    );
  }
});

test('nothing in the bundle loads node:http as an ES module', async (t) => {
  for await (const file of glob(`${BUNDLE}/*.js`)) {
    t.notRegex(await readFile(file, 'utf8'), /^import[^;]*"(?:node:)?http"/m, file);
  }
});
