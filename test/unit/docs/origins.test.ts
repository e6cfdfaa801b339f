import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';

/** The page, with each paragraph in one line. */
const page = readFileSync('docs/origins.md', 'utf8').replaceAll(/\n +(?=[^ -])/g, ' ');
const PROMISES = 33;
/** The files of the first tests, which all have to be answered. */
const FIRST_TESTS = [
  ...['api_test', 'app_test', 'routes_test', 'urls_test', 'errors_test', 'names_test', 'tokens_test'],
  ...['silly access_test', 'token_test', 'layer_test', 'filereader_test', 'filewriter_test', 'paths_test'],
  ...['manifeststore_test', 'manifest_test', 'digest_test', 'tarsum_test', 'client_test', 'configuration_test'],
  ...['notifications', 'driver suite'],
];

/** The part of the page below a heading. */
function section(heading: string): string {
  const [, text = ''] = page.split(`\n## ${heading}\n`);
  return text.split('\n## ')[0] ?? '';
}

interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** The tests that a text names: a file, then titles of it. */
function testsIn(text: string): NamedTest[] {
  let file = '';
  const found: NamedTest[] = [];
  for (const [, path, title] of text.matchAll(/`([\w./-]+)`|“([^”]+)”/g)) {
    if (path !== undefined) file = path;
    else if (title !== undefined) found.push({ file, title });
  }
  return found;
}

/** Whether a file has a text in quotes that is the title, with anything in place of `…`. */
function hasTitle({ file, title }: NamedTest): boolean {
  const parts = title.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return existsSync(file) && new RegExp(`['"\`]${parts.join('[^\\n]{1,120}?')}['"\`]`).test(readFileSync(file, 'utf8'));
}

/** The tests of a text that are not where it says. */
function missingIn(text: string): NamedTest[] {
  return testsIn(text).filter((each) => !hasTitle(each));
}

test('each promise is kept in files that exist, and shown by tests that exist', (t) => {
  const promises = section('Promises')
    .trim()
    .split(/\n(?=\d+\. )/);
  t.deepEqual(
    promises.map((promise) => Number.parseInt(promise, 10)),
    Array.from({ length: PROMISES }, (_, index) => index + 1),
  );
  for (const promise of promises) {
    const [, kept = '', shown = ''] = /- Kept in (.*)\n +- Shown by (.*)/.exec(promise) ?? [];
    const files = Array.from(kept.matchAll(/`([^`]+)`/g), ([, file = '']) => file);
    t.true(files.length > 0 && testsIn(shown).length > 0, promise);
    t.deepEqual(
      files.filter((file) => !existsSync(file)),
      [],
    );
    t.deepEqual(missingIn(shown), []);
  }
});

test('each type of the first registry has one here, which its file exports', (t) => {
  const rows = Array.from(section('Types').matchAll(/^\| ([^|]+?) +\| `(\w+)` +\| `([^`]+)`/gm));
  t.true(rows.length > 50);
  const missing = rows.filter(([, , name = '', file = '']) => {
    const declaration = `^export (?:abstract |async )?(?:interface|class|type|const|function) ${name}\\b`;
    return !existsSync(file) || !new RegExp(declaration, 'm').test(readFileSync(file, 'utf8'));
  });
  t.deepEqual(
    missing.map(([row]) => row),
    [],
  );
});

test('each of the first tests has tests here', (t) => {
  const [, ...groups] = section('Tests').split('\n### ');
  t.deepEqual(
    groups.map((group) => group.split('\n')[0]),
    FIRST_TESTS,
  );
  const cases = groups.flatMap((group) => group.split('\n').filter((line) => line.startsWith('- ')));
  t.deepEqual(
    cases.filter((item) => testsIn(item).length === 0),
    [],
  );
  t.deepEqual(cases.flatMap(missingIn), []);
});
