import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';
import { MINIMAL, problemsOf } from './loading.ts';

/** Whole files and their problems. */
const FILES: ReadonlyArray<readonly [title: string, text: string, expected: readonly string[]]> = [
  [
    'an empty file',
    '',
    [
      'config.yml: version: is missing; expected 0.1',
      'config.yml: storage: no storage driver; name one, such as storage: {filesystem: {rootdirectory: …}}',
    ],
  ],
  [
    'another version',
    'version: 0.2\nstorage: inmemory\n',
    ['config.yml:1: version: unsupported version "0.2", expected 0.1'],
  ],
  ['a list', '- a\n', ['config.yml:1: expected keys such as version and storage']],
  [
    'a storage section without a driver',
    'version: 0.1\nstorage:\n  delete: {enabled: true}\n',
    ['config.yml:2: storage: no storage driver; name one, such as storage: {filesystem: {rootdirectory: …}}'],
  ],
  [
    'two drivers',
    'version: 0.1\nstorage:\n  inmemory: {}\n  filesystem: {}\n',
    [
      'config.yml:4: storage.filesystem: 2 storage drivers: inmemory (config.yml:3) and filesystem (config.yml:4); there must be exactly one',
    ],
  ],
  [
    'a mistyped driver',
    'version: 0.1\nstorage:\n  filesystm: {}\n',
    ['config.yml:3: storage.filesystm: unknown key, did you mean "filesystem"?'],
  ],
  [
    'a mistyped section beside a driver',
    'version: 0.1\nstorage:\n  inmemory: {}\n  delte: {enabled: true}\n',
    ['config.yml:4: storage.delte: unknown key, did you mean "delete"?'],
  ],
  [
    'a section whose letters are in the wrong order',
    'version: 0.1\nstorage: {inmemory: {}, cahce: {}}\n',
    ['config.yml:2: storage.cahce: unknown key, did you mean "cache"?'],
  ],
  [
    'a key that is like a section',
    'version: 0.1\nstorage: {inmemory: {}, dalate: {}}\n',
    [
      'config.yml:2: storage.dalate: 2 storage drivers: inmemory (config.yml:2) and dalate (config.yml:2); there must be exactly one; is "dalate" meant to be "delete"?',
    ],
  ],
  [
    'options that are no section',
    'version: 0.1\nstorage: {filesystem: /var}\n',
    ['config.yml:2: storage.filesystem: expected a section with keys, found a plain value'],
  ],
];

for (const [title, text, expected] of FILES) {
  test(`a file with ${title} is refused`, async (t) => {
    const found = await problemsOf(text);
    t.deepEqual(found, [...expected]);
  });
}

test('a text that is not YAML is refused with the line of the mistake and nothing else', async (t) => {
  const [first, ...others] = await problemsOf('version: 0.1\nstorage: {inmemory: {}\nhtpp: 1\n');
  t.regex(first ?? '', /^config\.yml:[234]: /);
  t.true(others.every((line) => line.startsWith('config.yml:')));
});

test('all problems come at once, in the order of the lines and the variables last', async (t) => {
  const text =
    'version: 9\nstorage: {a: {}, b: {}}\nhttp:\n  addr: x\n  adr: y\n  draintimeout: z\nauth: {c: {}, d: {}}\n';
  const found = await problemsOf(text, { REGISTRY_HTTP_NET: 'udp', REGISTRY_CATALOG_MAXENTRIES: '[' });
  t.deepEqual(
    found.map((line) => line.split(': ').slice(0, 2).join(' ')),
    [
      'config.yml:1 version',
      'config.yml:2 storage.b',
      'config.yml:4 http.addr',
      'config.yml:5 http.adr',
      'config.yml:6 http.draintimeout',
      'config.yml:7 auth.d',
      'REGISTRY_CATALOG_MAXENTRIES catalog.maxentries',
      'REGISTRY_HTTP_NET http.net',
    ],
  );
});

test('aliases that multiply each other are refused before they fill the memory', async (t) => {
  const levels = Array.from(
    { length: 20 },
    (_, n) => `  l${n + 1}: &l${n + 1} [${Array<string>(10).fill(`*l${n}`).join(', ')}]\n`,
  );
  const found = await problemsOf(`${MINIMAL}log:\n fields:\n  l0: &l0 [x]\n${levels.join('')}`);
  t.true(found.some((line) => line.includes('too many values')));
});

test('a missing file is a problem with a hint on how to name one', async (t) => {
  await t.throwsAsync(loadConfiguration({ path: '/nowhere/config.yml', env: {} }), {
    name: 'ConfigurationError',
    message:
      '/nowhere/config.yml: no such file; give the path of the configuration as an argument or in REGISTRY_CONFIGURATION_PATH',
  });
});

test('a folder is not taken for a file, and a path through a file leads nowhere', async (t) => {
  const folder = await folderWith(t, { 'a.yml': MINIMAL });
  const refusalOf = async (path: string) =>
    (await t.throwsAsync(loadConfiguration({ path, env: {} }), { name: 'ConfigurationError' })).message;
  t.is(await refusalOf(folder), `${folder}: is a folder; name the file in it, such as ${folder}/config.yml`);
  const inside = join(folder, 'a.yml/config.yml');
  t.is(
    await refusalOf(inside),
    `${inside}: no such file, because a part of its path is not a folder; correct the path`,
  );
});

for (const [what, text, line, remedy] of [
  ['a tab', 'storage:\n\tinmemory: {}\n', 2, /a tab indents this line; indent it with spaces$/],
  ['a line out of line', 'storage:\n  inmemory: {}\n bad: x\n', 3, /indented differently from the keys around it/],
  ['an open bracket', 'storage: {inmemory: {}\nhttp: {}\n', 2, /a bracket .* is not closed/],
  ['an open quotation mark', 'storage: "inmemory\nhttp: {}\n', 3, /a quotation mark .* is not closed/],
  ['a missing space', 'storage:inmemory\nhttp: {}\n', 1, /write "key: value", with a space after the colon$/],
  ['a colon in a value', 'storage: inmemory: {}\n', 1, /put a text with a colon into quotation marks$/],
  ['a value that begins with @', 'http: {secret: @S3cret}\n', 1, /put it into quotation marks$/],
] as const) {
  test(`${what} in the YAML is one problem, with its line and the remedy`, async (t) => {
    const found = await problemsOf(text);
    t.is(found.length, 1, found.join('\n'));
    t.regex(found[0] ?? '', new RegExp(`^config\\.yml:${line}: is not valid YAML: `));
    t.regex(found[0] ?? '', remedy);
    t.notRegex(found[0] ?? '', /S3cret/);
  });
}

test('a file that is not UTF-8 is refused, because secrets that differ only there would become one', async (t) => {
  const folder = await folderWith(t, {});
  const path = join(folder, 'config.yml');
  for (const bytes of [
    Buffer.from(`${MINIMAL}http: {secret: caf\u00E9}\n`, 'latin1'),
    Buffer.from(`\uFEFF${MINIMAL}`, 'utf16le'),
  ]) {
    await writeFile(path, bytes);
    await t.throwsAsync(loadConfiguration({ path, env: {} }), { message: `${path}: is not UTF-8; save it as UTF-8` });
  }
});
