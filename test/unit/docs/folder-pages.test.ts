import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

/** Folders whose page says what lives there, what never does, and where a new thing goes. */
const FOLDERS = ['core', 'drivers', 'plugins', 'server', 'client', 'cli', 'test'].filter((folder) =>
  existsSync(folder),
);
const MAX_LINES = 60;

/** The files and folders that a page names, as in `core/ports/` or `index.ts`. */
function pathsIn(text: string): string[] {
  return Array.from(text.matchAll(/`([\w./-]+(?:\/|\.[jt]s))`/g), ([, path = '']) => path);
}

for (const folder of FOLDERS) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8');

  test(`the page of ${folder} has at most ${MAX_LINES} lines, and names each of its folders`, (t) => {
    t.true(text.split('\n').length - 1 <= MAX_LINES);
    // A driver has an entry in `drivers/builtin-drivers.ts` instead.
    if (folder === 'drivers') return;
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of folders) t.true(text.includes(`\`${name}/\``), `${folder}/README.md lacks ${name}/`);
  });

  test(`the page of ${folder} names nothing that does not exist`, (t) => {
    for (const path of pathsIn(text)) {
      t.true(existsSync(join(folder, path)) || existsSync(path), `${folder}/README.md names ${path}`);
    }
  });
}

test('CONTRIBUTING names no path that does not exist', (t) => {
  const paths = pathsIn(readFileSync('CONTRIBUTING.md', 'utf8')).filter((path) => path.includes('/'));
  for (const path of paths) t.true(existsSync(path), `CONTRIBUTING.md names ${path}`);
  t.true(paths.length > 0);
});
