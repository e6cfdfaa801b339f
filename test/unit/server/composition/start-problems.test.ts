import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { withOtherProblems } from '../../../../server/composition/start-problems.ts';
import { ConfigurationError, loadConfiguration } from '../../../../server/config/index.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

/** Everything that is said of a refused configuration, one text for each error. */
async function problemsOf(t: ExecutionContext, text: string): Promise<string[]> {
  const path = join(await folderWith(t), 'config.yml');
  const loading = loadConfiguration({ path, text: `version: 0.1\nstorage: inmemory\n${text}\n`, env: {} });
  const error = await t.throwsAsync(loading, { instanceOf: ConfigurationError });
  const all = await withOtherProblems(error);
  const errors = all instanceof AggregateError ? (all.errors as unknown[]) : [all];
  return errors.map((found) => String(found).replaceAll(`${path}:`, 'config.yml:'));
}

for (const [what, text, expected] of [
  [
    'an item of plugins',
    'plugins:\n  - {use: ./a.mjs, option: {}}\n  - ./b.mjs',
    [/config\.yml:4: plugins\[0\]\.option: unknown key/, /config\.yml:5: plugins\[1\]: there is no file for .*b\.mjs/],
  ],
  [
    'an item of a list of middleware',
    'middleware:\n  registry:\n    - {nam: ./a.mjs}\n    - {name: ./b.mjs}\n  storage:\n    - {name: cache}\n  repository:\n    - {name: immutable-tags, repositories: [A]}\n    - {name: ./c.mjs}',
    [
      /config\.yml:5: middleware\.registry\[0\]\.nam: unknown key/,
      /config\.yml:8: middleware\.storage\[0\]: [^]*folder: is missing/,
      /config\.yml:6: middleware\.registry\[1\]: there is no file for .*b\.mjs/,
      /config\.yml:11: middleware\.repository\[1\]: there is no file for .*c\.mjs/,
    ],
  ],
  [
    'a key of middleware',
    'middleware:\n  registri: []\n  storage: {name: cache}\n  repository:\n    - {name: ./c.mjs}',
    [/config\.yml:4: middleware\.registri: unknown key/, /middleware\.repository\[0\]: there is no file for .*c\.mjs/],
  ],
  [
    'a key of http',
    'http:\n  adr: ":5000"\n  tls: {certificate: ./none.pem, key: ./none.pem}',
    [/config\.yml:4: http\.adr: unknown key/, /http\.tls\.certificate: .*none\.pem/],
  ],
] as const) {
  test(`a mistake in ${what} hides no problem of what stands beside it`, async (t) => {
    const problems = await problemsOf(t, text);
    for (const pattern of expected) {
      t.is(problems.filter((problem) => pattern.test(problem)).length, 1, `${String(pattern)}\n${problems.join('\n')}`);
    }
    t.is(problems.length, expected.length, problems.join('\n'));
  });
}
