import test from 'ava';
import { describeConfiguration } from '../../../../server/config/index.ts';
import { load, problemsOf } from './loading.ts';

const HEAD = 'version: 0.1\nstorage: inmemory\n';

test('plugins are listed by package or path, with or without options', async (t) => {
  const { configuration, notYetInEffect } = await load(
    `${HEAD}plugins:\n  - stowage-events-x\n  - use: ./local.mjs\n    options: {url: "https://x", list: [1]}\n  - {use: "@me/y"}\n`,
  );
  t.deepEqual(configuration.plugins, [
    { name: 'stowage-events-x', options: {}, at: 'plugins[0]' },
    { name: './local.mjs', options: { url: 'https://x', list: [1] }, at: 'plugins[1]' },
    { name: '@me/y', options: {}, at: 'plugins[2]' },
  ]);
  t.deepEqual(notYetInEffect, []);
});

test('variables name plugins and their options', async (t) => {
  const { configuration } = await load(HEAD, {
    REGISTRY_PLUGINS_0: './first.mjs',
    REGISTRY_PLUGINS_0_OPTIONS_URL: 'https://x',
    REGISTRY_PLUGINS_1_USE: './second.mjs',
    REGISTRY_PLUGINTIMEOUT: '5s',
  });
  t.deepEqual(configuration.plugins, [
    { name: './first.mjs', options: { url: 'https://x' }, at: 'plugins[0]' },
    { name: './second.mjs', options: {}, at: 'plugins[1]' },
  ]);
  t.is(configuration.pluginTimeoutMs, 5_000);
});

test('middleware.storage keeps its order without disabled items', async (t) => {
  const { configuration, notYetInEffect } = await load(
    `${HEAD}middleware:\n  storage:\n    - {name: redirect, options: {baseurl: "https://x"}}\n    - {name: a, disabled: true}\n    - name: b\n`,
  );
  t.deepEqual(configuration.storage.wrappers, [
    { name: 'redirect', options: { baseurl: 'https://x' }, at: 'middleware.storage[0]' },
    { name: 'b', options: {}, at: 'middleware.storage[2]' },
  ]);
  t.deepEqual(notYetInEffect, []);
});

test('middleware of the registry comes before that of repositories, without disabled items', async (t) => {
  const { configuration, notYetInEffect } = await load(
    `${HEAD}middleware:\n  repository: [{name: a, repositories: [team/*]}, {name: b, disabled: true}, {name: c}]\n` +
      '  registry: [{name: d, disabled: true}, {name: e, options: {f: 1}}]\n',
  );
  const shown = configuration.registryWrappers.map(({ repositories, ...wrapper }) => {
    return { ...wrapper, repositories: repositories?.map(({ source }) => source) };
  });
  t.deepEqual(shown, [
    { name: 'e', options: { f: 1 }, at: 'middleware.registry[1]', repositories: undefined },
    { name: 'a', options: {}, at: 'middleware.repository[0]', repositories: ['team/*'] },
    { name: 'c', options: {}, at: 'middleware.repository[2]', repositories: undefined },
  ]);
  t.deepEqual(notYetInEffect, []);
});

for (const [text, problem] of [
  ['plugins: {use: x}', 'config.yml:3: plugins: expected a list, found a section'],
  ['plugins: [{options: {}}]', 'config.yml:3: plugins[0].use: is missing; expected name'],
  ['plugins: [""]', 'config.yml:3: plugins[0].use: must not be empty'],
  ['plugins: [[x]]', 'config.yml:3: plugins[0]: expected a section with keys, found a list'],
  ['plugins: [{use: x, option: {}}]', 'config.yml:3: plugins[0].option: unknown key, did you mean "options"?'],
  ['middleware: {storage: [{options: {}}]}', 'config.yml:3: middleware.storage[0].name: is missing; expected name'],
  [
    'middleware: {repository: [{name: a, repositories: [team/*, ^team]}]}',
    'config.yml:3: middleware.repository[0].repositories[1]: expected a pattern that matches repositories, such as team/* (wildcards are *, ** and ?, capital letters match nothing), found "^team"',
  ],
  [
    'middleware: {registry: [{name: a, repositories: [team/*]}]}',
    'config.yml:3: middleware.registry[0].repositories: unknown key; known here: name, disabled, options',
  ],
  ['plugintimeout: 5x', 'config.yml:3: plugintimeout: expected a duration such as 30s, 1h30m or 300ms, found "5x"'],
] as const) {
  test(`${text} is an error`, async (t) => {
    t.deepEqual(await problemsOf(`${HEAD}${text}\n`), [problem]);
  });
}

test('secrets in the options of plugins are masked', async (t) => {
  const described = describeConfiguration(
    await load(`${HEAD}plugins: [{use: x, options: {password: HIDDEN, user: me}}]\n`),
  );
  t.notRegex(described, /HIDDEN|me$/m);
  t.regex(described, /user: "\*{8}"/);
});
