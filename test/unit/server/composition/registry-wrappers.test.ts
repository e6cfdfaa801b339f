import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { startRegistry } from '../../../../server/main.ts';
import { imageManifest, OCI_MANIFEST, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

/** Adds a mark to every list of tags. */
const MARK = pluginSource(
  'registry-wrapper',
  `({ mark }) => bindPort(REGISTRY_WRAPPER, {
    wrap: (inner) => new ForwardingRegistry(inner, {
      tags: {
        list: async (...call) => {
          const page = await inner.tags.list(...call);
          return { ...page, items: [...page.items, mark] };
        },
      },
    }),
  })`,
);

const marking = (mark: string, more: object = {}) => ({ name: './mark.mjs', options: { mark }, ...more });

async function tagsOf(registry: Registry, name: string): Promise<unknown> {
  return (JSON.parse((await registry.ask('GET', `/v2/${name}/tags/list`)).text) as { tags: unknown }).tags;
}

async function withMiddleware(t: ExecutionContext, others: object): Promise<Registry> {
  const folder = await folderWith(t, { 'mark.mjs': MARK });
  const registry = await withRegistry(t, { folder, others: { ...others } });
  for (const name of ['app', 'team/app']) await registry.pushImage(name, 'v1');
  return registry;
}

test('wrappers of the registry are applied in the order of the file, then those of repositories, then those of plugins', async (t) => {
  const registry = await withMiddleware(t, {
    plugins: [{ use: './mark.mjs', options: { mark: 'plugin' } }],
    middleware: {
      repository: [marking('repository')],
      registry: [marking('first'), marking('disabled', { disabled: true }), marking('second')],
    },
  });
  t.deepEqual(await tagsOf(registry, 'app'), ['v1', 'first', 'second', 'repository', 'plugin']);
});

test('a wrapper of repositories wraps only those that match a pattern', async (t) => {
  const registry = await withMiddleware(t, {
    middleware: { repository: [marking('marked', { repositories: ['team/*', 'other'] })] },
  });
  t.deepEqual(await tagsOf(registry, 'app'), ['v1']);
  t.deepEqual(await tagsOf(registry, 'team/app'), ['v1', 'marked']);
});

test('tags are immutable in the repositories that middleware.repository names', async (t) => {
  const registry = await withMiddleware(t, {
    middleware: { repository: [{ name: 'immutable-tags', repositories: ['team/**'] }] },
  });
  t.is((await registry.ask('DELETE', '/v2/team/app/manifests/v1')).status, 403);
  t.is((await registry.ask('DELETE', '/v2/app/manifests/v1')).status, 202);
});

test('calls that a wrapper refuses are reported to no event sink, and calls by plugins are wrapped as well', async (t) => {
  const sink = pluginSource(
    'event-sink',
    `() => {
      const seen = [];
      return new BindingModule(({ bind }) => {
        bind(EVENT_SINK).toConstantValue({ handle: async ({ action, tag }) => void (tag && seen.push(action + ' ' + tag)) });
        bind(ROUTE_EXTENSION).toResolvedValue((registry) => ({
          name: 'seen',
          routes: [{ path: '/<name>/seen', methods: [{
            method: 'DELETE', access: 'delete',
            handle: async ({ repository }) => {
              await registry.manifests.delete(repository, { kind: 'tag', tag: 'latest' });
              const refused = await registry.manifests.delete(repository, { kind: 'tag', tag: 'v1' }).catch(({ code }) => code);
              await new Promise((resolve) => setImmediate(resolve));
              return { status: 200, body: JSON.stringify([...seen, refused]) };
            },
          }] }],
        }), [REGISTRY]);
      });
    }`,
  );
  const folder = await folderWith(t, { 'sink.mjs': sink });
  const others = {
    plugins: ['./sink.mjs'],
    middleware: { registry: [{ name: 'immutable-tags', options: { tags: ['v*'] } }] },
  };
  const registry = await withRegistry(t, { folder, others });
  await registry.pushImage('app', 'v1');
  await registry.pushImage('app', 'latest');
  t.is((await registry.ask('DELETE', '/v2/app/manifests/v1')).status, 403);
  await registry.pushBlob('app', 'other');
  const other = { body: imageManifest('other'), type: OCI_MANIFEST };
  t.is((await registry.putManifest('app', 'v1', other)).status, 403);
  const { text } = await registry.ask('DELETE', '/v2/_ext/seen/app/seen');
  t.deepEqual(JSON.parse(text), ['push v1', 'push latest', 'delete latest', 'TAG_IMMUTABLE']);
});

const BAD: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
  'a pattern that is none': [
    'registry: [{name: immutable-tags, options: {tags: ["^v"]}}]',
    /^config\.yml:5: .*registry wrapper "immutable-tags" has wrong options\n.*a pattern may contain only/s,
  ],
  'a pattern that no tag can match': [
    'registry: [{name: immutable-tags, options: {tags: [app/v*]}}]',
    /"immutable-tags" has wrong options\n.*tags contain no "\/"/s,
  ],
  'a pattern that no repository can match': [
    'registry: [{name: immutable-tags, options: {repositories: [Team/*]}}]',
    /"immutable-tags" has wrong options\n.*repository names have no capital letters/s,
  ],
  'a pattern in the key of a wrapper that no repository can match': [
    'repository: [{name: immutable-tags, repositories: [Team/*]}]',
    /^config\.yml:5: .*capital letters match nothing\), found "Team\/\*"/s,
  ],
  'an unknown option': [
    'registry: [{name: immutable-tags, options: {tag: [v1]}}]',
    /"immutable-tags" has wrong options\n.*did you mean "tags"/s,
  ],
  'a wrapper of drivers': [
    'registry: [{name: readonly}]',
    /^config\.yml:5: .*registry wrapper "readonly" is not installed/s,
  ],
  'a plugin of another kind': [
    'repository: [{name: ./sink.mjs}]',
    /^config\.yml:5: .*it is of the kind "event-sink"; this key takes a plugin of the kind "registry-wrapper"/s,
  ],
  'a wrapper that fails': [
    'registry: [{name: ./fails.mjs}]',
    /^config\.yml:5: .*registry wrapper ".\/fails.mjs" failed\n.*no licence/s,
  ],
  'a wrapper that gives half a registry': [
    'repository: [{name: ./half.mjs, repositories: [team/*]}]',
    /^config\.yml:5: .*breaks its contract\n.*its registry's service "tags" lacks list/s,
  ],
  'a wrapper that forgets the smallest chunk of the layers': [
    'repository: [{name: ./layers.mjs, repositories: [team/*]}]',
    /its registry's service "layers" has minChunkBytes undefined; it must be a whole number of at least 0/,
  ],
  'a plugin that uses the registry before it is there': [
    'registry: [{name: ./early.mjs}]',
    /the registry cannot be used while plugins are loaded/,
  ],
};

const FILES = {
  'sink.mjs': pluginSource('event-sink', '() => bindPort(EVENT_SINK, { handle() {} })'),
  'fails.mjs': pluginSource(
    'registry-wrapper',
    `() => bindPort(REGISTRY_WRAPPER, { wrap() { throw new Error('no licence'); } })`,
  ),
  'half.mjs': pluginSource(
    'registry-wrapper',
    '() => bindPort(REGISTRY_WRAPPER, { wrap: (inner) => ({ ...inner, tags: {} }) })',
  ),
  'layers.mjs': pluginSource(
    'registry-wrapper',
    `() => bindPort(REGISTRY_WRAPPER, {
      wrap: (inner) => {
        const forward = (call) => [call, (...given) => inner.layers[call](...given)];
        const calls = ['exists', 'stat', 'fetch', 'upload', 'resume', 'resumeToFinish', 'status', 'mount', 'delete'];
        return { ...inner, layers: Object.fromEntries(calls.map(forward)) };
      },
    })`,
  ),
  'early.mjs': pluginSource(
    'registry-wrapper',
    `() => new BindingModule(({ bind }) => {
      bind(REGISTRY_WRAPPER).toResolvedValue(({ tags }) => ({ wrap: () => tags }), [REGISTRY]);
    })`,
  ),
};

for (const [what, [middleware, message]] of Object.entries(BAD)) {
  test(`${what} prevents the start`, async (t) => {
    const folder = await folderWith(t, FILES);
    const text = `version: 0.1\nlog: {level: error}\nstorage: inmemory\nmiddleware:\n  ${middleware}\nhttp: {addr: "127.0.0.1:0", secret: s}\n`;
    const starting = loadConfiguration({ path: join(folder, 'config.yml'), text, env: {} }).then((loaded) =>
      startRegistry(loaded),
    );
    const error = await t.throwsAsync(starting);
    t.regex(error.message.replaceAll(`${folder}/`, ''), message);
  });
}
