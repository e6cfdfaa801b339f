import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { CHECKLIST } from './checklist.ts';

const TITLE = /^test(?:\.serial)?\(\s*(['"`])(.*?)\1,/gms;
const CALL = /^\s*test(?:\.\w+)?\(/gm;
const IDS = /^\[((?:oci-\d+\.\d+)(?:, oci-\d+\.\d+)*)\] \S/;

/** The titles of the tests of this folder as they are written in its files, with the place of each. */
async function writtenTitles(): Promise<{ place: string; title: string }[]> {
  const titles: { place: string; title: string }[] = [];
  for (const file of await readdir(import.meta.dirname)) {
    if (!file.endsWith('.test.js') || file === 'checklist.test.js') continue;
    const text = await readFile(join(import.meta.dirname, file), 'utf8');
    const found = Array.from(text.matchAll(TITLE), ([, , title = '']) => ({ place: file, title }));
    const calls = Array.from(text.matchAll(CALL)).length;
    if (found.length !== calls) throw new Error(`${file}: ${calls} tests, but ${found.length} readable titles`);
    titles.push(...found);
  }
  return titles;
}

function idsOf(title: string): string[] {
  return IDS.exec(title)?.[1]?.split(', ') ?? [];
}

test('every test of this folder begins with the duties that it proves, and they are on the list', async (t) => {
  const known = new Set<string>(CHECKLIST.filter(({ level }) => level !== 'CLIENT').map(({ id }) => id));
  const titles = await writtenTitles();
  t.true(titles.length > 0);
  for (const { place, title } of titles) {
    const ids = idsOf(title);
    t.true(ids.length > 0, `${place}: ${title}`);
    t.deepEqual(
      ids.filter((id) => !known.has(id)),
      [],
      `${place}: ${title}`,
    );
  }
});

test('every duty of a registry has a test', async (t) => {
  const proved = new Set((await writtenTitles()).flatMap(({ title }) => idsOf(title)));
  const open = CHECKLIST.filter(({ id, level }) => level !== 'CLIENT' && !proved.has(id));
  t.deepEqual(
    open.map(({ id, text }) => `${id} ${text}`),
    [],
  );
});

test('every duty stands on the list once, and every item of the specification at least once', (t) => {
  const ids = CHECKLIST.map(({ id }) => id);
  t.deepEqual([...new Set(ids)], ids);
  const items = new Set(ids.map((id) => Number(id.slice('oci-'.length).split('.')[0])));
  // 56 stands for the section on ranges, which has no numbers of its own.
  t.deepEqual(
    [...items].sort((a, b) => a - b),
    Array.from({ length: 56 }, (_, index) => index + 1),
  );
});

test('a duty of clients has a reason, and no other has one', (t) => {
  for (const { id, level, reason } of CHECKLIST) t.is(reason !== undefined && reason !== '', level === 'CLIENT', id);
});
