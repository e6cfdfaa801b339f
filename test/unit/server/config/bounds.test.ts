import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const DEEP = 'config.yml: is nested deeper than 100 levels, which no configuration is';

for (const [title, text] of [
  ['lists in brackets', `log: {fields: {a: ${'['.repeat(100_000)}`],
  ['closed lists in brackets', `log: {fields: {a: ${'['.repeat(2_000)}${']'.repeat(2_000)}}}`],
  ['lists in dashes', `log: {fields:\n  a: \n  ${'- '.repeat(100_000)}x`],
  ['keys in question marks', `${'? '.repeat(100_000)}x`],
  [
    'sections by indentation',
    `log:\n fields:\n${Array.from({ length: 500 }, (_, n) => `${' '.repeat(n + 2)}a:`).join('\n')}`,
  ],
] as const) {
  test(`${title} without end are refused with a sentence`, async (t) => {
    t.deepEqual(await problemsOf(`${MINIMAL}${text}\n`), [DEEP]);
  });
}

for (const [title, text, message] of [
  [
    'a million keys',
    Array.from({ length: 1_000_000 }, (_, n) => `k${n}: 1`).join('\n'),
    'is longer than 1 MiB, which no configuration is',
  ],
  ['a hundred thousand keys', Array.from({ length: 100_000 }, (_, n) => `k${n}: 1`).join('\n'), 'has too many values'],
  [
    'a megabyte of one word',
    `log: {fields: {a: ${'x'.repeat(2 ** 20)}}}`,
    'is longer than 1 MiB, which no configuration is',
  ],
] as const) {
  test(`${title} are refused with a sentence`, async (t) => {
    t.deepEqual(await problemsOf(`${MINIMAL}${text}\n`), [`config.yml: ${message}`]);
  });
}

test('a hundred thousand workers are refused with a sentence, and the number for a large machine is not', async (t) => {
  t.deepEqual(await problemsOf(`${MINIMAL}http: {workers: 100000}\n`), [
    'config.yml:3: http.workers: must be at most 512, found "100000"',
  ]);
  t.is((await load(`${MINIMAL}http: {workers: 512}\n`)).configuration.http.workers, 512);
});

test('a variable is bounded like the file', async (t) => {
  t.deepEqual(await problemsOf(MINIMAL, { REGISTRY_HTTP_SECRETS: '['.repeat(100_000) }), [
    'REGISTRY_HTTP_SECRETS: http.secrets: the value is not valid YAML; put it into quotes',
  ]);
});

test('blocks that are indented deeper than any configuration are refused in one sentence, and block texts are not', async (t) => {
  const deep = Array.from({ length: 1300 }, (_, level) => `${' '.repeat(level)}a:\n`).join('');
  t.deepEqual(await problemsOf(deep), ['config.yml: is nested deeper than 100 levels, which no configuration is']);
  const text = Array.from({ length: 200 }, (_, line) => `${' '.repeat(8 + line)}a\n`).join('');
  const { configuration } = await load(`${MINIMAL}http:\n    secret: |\n${text}`);
  t.is(configuration.http.secrets.length, 1);
});
