import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import {
  digestOf,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

/** A registry with the wrapper, where the layers `one` and `two` are in the repositories `app` and `team/app`. */
async function withImmutableTags(t: ExecutionContext, options: Readonly<Record<string, unknown>> = {}) {
  return withMiddleware(t, { registry: [{ name: 'immutable-tags', options }] });
}

async function withMiddleware(t: ExecutionContext, middleware: object) {
  const registry = await withRegistry(t, { others: { middleware } });
  for (const name of ['app', 'team/app']) {
    for (const body of ['{}', 'one', 'two']) await registry.pushBlob(name, body);
  }
  return registry;
}

/** What starts a registry with the wrapper on a folder of the test's own, as often as it is used. */
async function onDisk(t: ExecutionContext) {
  const middleware = { registry: [{ name: 'immutable-tags' }] };
  return { folder: await tempRoot(t), storage: { filesystem: {} }, others: { middleware } };
}

const ONE = digestOf(imageManifest('one'));
const TWO = digestOf(imageManifest('two'));

function put(registry: Registry, layer: 'one' | 'two', tag = 'v1', name = 'app'): Promise<Answer> {
  return registry.putManifest(name, tag, { body: imageManifest(layer), type: OCI_MANIFEST });
}

function remove(registry: Registry, reference: string, name = 'app'): Promise<Answer> {
  return registry.ask('DELETE', `/v2/${name}/manifests/${reference}`);
}

async function digestUnder(registry: Registry, reference: string, name = 'app'): Promise<string | undefined> {
  return (await registry.ask('HEAD', `/v2/${name}/manifests/${reference}`)).headers['docker-content-digest'] as string;
}

test('a tag is set once: pushing another manifest under it is denied, and the client learns what it names', async (t) => {
  const registry = await withImmutableTags(t);
  t.is((await put(registry, 'one')).status, 201);
  const answer = await put(registry, 'two');
  t.is(answer.status, 403);
  t.like(JSON.parse(answer.text), {
    errors: [
      {
        code: 'DENIED',
        message: 'the tag "v1" is immutable: neither it nor its manifest can be replaced or deleted',
        detail: { name: 'app', tag: 'v1', digest: ONE, refused: TWO },
      },
    ],
  });
  t.is(await digestUnder(registry, 'v1'), ONE);
  t.is((await registry.ask('HEAD', `/v2/app/manifests/${TWO}`)).status, 404);
});

test('the same manifest can be pushed again, and under another tag', async (t) => {
  const registry = await withImmutableTags(t);
  for (const tag of ['v1', 'v1', 'v2', 'v1']) t.is((await put(registry, 'one', tag)).status, 201);
});

test('an immutable tag cannot be deleted, nor the manifest that it names, by whichever tag', async (t) => {
  const registry = await withImmutableTags(t, { tags: ['v*'] });
  await put(registry, 'one');
  await put(registry, 'one', 'latest');
  t.is((await remove(registry, 'v1')).status, 403);
  t.is((await remove(registry, ONE)).status, 403);
  t.is((await remove(registry, 'latest')).status, 202);
  t.is(await digestUnder(registry, 'v1'), ONE);
});

test('manifests without an immutable tag can be deleted, and missing ones are unknown as usual', async (t) => {
  const registry = await withImmutableTags(t);
  t.is((await put(registry, 'one', ONE)).status, 201);
  await put(registry, 'two');
  t.is((await remove(registry, ONE)).status, 202);
  t.is((await remove(registry, ONE)).status, 404);
  t.is((await remove(registry, 'v9')).status, 404);
  t.is((await remove(registry, ONE, 'nowhere')).status, 404);
});

test('tags that match no pattern, or an exception, can be moved and deleted as without the wrapper', async (t) => {
  const registry = await withImmutableTags(t, { tags: ['v*'], except: ['*-rc*'] });
  for (const tag of ['latest', 'v1-rc1']) {
    await put(registry, 'one', tag);
    t.is((await put(registry, 'two', tag)).status, 201);
    t.is((await remove(registry, tag)).status, 202);
  }
  await put(registry, 'one');
  t.is((await put(registry, 'two')).status, 403);
});

test('tags of repositories that match no pattern are mutable', async (t) => {
  const registry = await withImmutableTags(t, { repositories: ['team/*'] });
  for (const name of ['app', 'team/app']) await put(registry, 'one', 'v1', name);
  t.is((await put(registry, 'two', 'v1', 'app')).status, 201);
  t.is((await remove(registry, TWO, 'app')).status, 202);
  t.is((await put(registry, 'two', 'v1', 'team/app')).status, 403);
});

test('a push of several tags sets all of them or none', async (t) => {
  const registry = await withImmutableTags(t);
  await put(registry, 'one');
  t.is((await put(registry, 'two', `${TWO}?tag=v2&tag=v1`)).status, 403);
  t.is(await digestUnder(registry, 'v2'), undefined);
  t.is((await put(registry, 'two', `${TWO}?tag=v2&tag=v3`)).status, 201);
  t.is(await digestUnder(registry, 'v3'), TWO);
});

test('of simultaneous pushes that set a new tag one wins, and all pushes of its manifest succeed', async (t) => {
  const registry = await withImmutableTags(t);
  for (let round = 0; round < 10; round++) {
    const tag = `v${round}`;
    const layers = ['one', 'two', 'one', 'two'] as const;
    const answers = await Promise.all(layers.map((layer) => put(registry, layer, tag)));
    const winner = await digestUnder(registry, tag);
    const expected = layers.map((layer) => ((layer === 'one' ? ONE : TWO) === winner ? 201 : 403));
    t.deepEqual(
      answers.map(({ status }) => status),
      expected,
    );
  }
});

test('a tag that is set while its manifest is deleted either stays or was never set', async (t) => {
  const registry = await withImmutableTags(t);
  for (let round = 0; round < 10; round++) {
    const tag = `v${round}`;
    await put(registry, 'one', ONE);
    const [set, removed] = await Promise.all([put(registry, 'one', tag), remove(registry, ONE)]);
    t.is(set.status, 201);
    t.true([202, 403].includes(removed.status), removed.text);
    t.is(await digestUnder(registry, tag), ONE);
    if (round === 0) t.is((await remove(registry, tag)).status, 403);
  }
});

test('an entry for the registry and one for some of its repositories can mean the same tag', async (t) => {
  const registry = await withMiddleware(t, {
    registry: [{ name: 'immutable-tags', options: { tags: ['v*'] } }],
    repository: [{ name: 'immutable-tags', repositories: ['team/**'] }],
  });
  for (const tag of ['v1', 'stable']) t.is((await put(registry, 'one', tag, 'team/app')).status, 201);
  for (const tag of ['v1', 'stable']) {
    t.is((await put(registry, 'two', tag, 'team/app')).status, 403);
    t.is((await remove(registry, tag, 'team/app')).status, 403);
  }
  t.is((await remove(registry, ONE, 'team/app')).status, 403);
  t.is((await put(registry, 'two', TWO, 'team/app')).status, 201);
  t.is((await remove(registry, TWO, 'team/app')).status, 202);
});

test('a manifest without a tag, and under one that may move, can be pushed and deleted while another has an immutable one', async (t) => {
  const registry = await withImmutableTags(t, { tags: ['v*'] });
  await put(registry, 'one');
  for (const reference of [TWO, 'latest', TWO]) t.is((await put(registry, 'two', reference)).status, 201);
  t.is((await remove(registry, TWO)).status, 202);
  t.is(await digestUnder(registry, 'latest'), undefined);
  t.is(await digestUnder(registry, 'v1'), ONE);
});

test('a pull is the same with the wrapper as without it', async (t) => {
  const registries = [await withImmutableTags(t), await withMiddleware(t, {})];
  for (const registry of registries) await put(registry, 'one');
  for (const [method, reference] of [
    ['GET', 'v1'],
    ['HEAD', 'v1'],
    ['GET', ONE],
    ['HEAD', ONE],
    ['GET', 'v2'],
    ['GET', TWO],
  ] as const) {
    const [wrapped, plain] = await Promise.all(
      registries.map(async (registry) => {
        const { status, text, headers } = await registry.ask(method, `/v2/app/manifests/${reference}`);
        const { date: _, 'x-request-id': id, ...rest } = headers;
        return { status, text: text.replace(String(id), ''), rest };
      }),
    );
    t.deepEqual(wrapped, plain, `${method} ${reference}`);
  }
});

test('tags under which clients keep what belongs to a digest move where they are an exception', async (t) => {
  const registry = await withImmutableTags(t, { except: ['sha256-*'] });
  const fallback = ONE.replace(':', '-');
  for (const tag of [fallback, `${fallback}.sig`]) {
    t.is((await put(registry, 'one', tag)).status, 201);
    t.is((await put(registry, 'two', tag)).status, 201);
  }
  t.is((await put(registry, 'one')).status, 201);
  t.is((await put(registry, 'two')).status, 403);
});

test('a read-only registry says so before it says that a tag is immutable', async (t) => {
  const storage = { maintenance: { readonly: { enabled: true } } };
  const registry = await withRegistry(t, {
    storage,
    others: { middleware: { registry: [{ name: 'immutable-tags' }] } },
  });
  t.is((await put(registry, 'one')).status, 405);
  t.is((await remove(registry, 'v1')).status, 405);
});

test('a tag whose manifest is lost or damaged can be pushed again, and is immutable from then on', async (t) => {
  const options = await onDisk(t);
  const before = await withRegistry(t, options);
  for (const body of ['{}', 'one', 'two', 'three']) await before.pushBlob('app', body);
  await put(before, 'one', 'damaged');
  await put(before, 'two', 'lost');
  await before.stop();
  const hex = (digest: string): string => digest.slice('sha256:'.length);
  const v2 = join(before.root, 'docker/registry/v2');
  await writeFile(join(v2, 'blobs/sha256', hex(ONE).slice(0, 2), hex(ONE), 'data'), 'something else');
  await rm(join(v2, 'repositories/app/_manifests/revisions/sha256', hex(TWO)), { recursive: true });

  const after = await withRegistry(t, options);
  const body = imageManifest('three');
  for (const tag of ['damaged', 'lost']) {
    t.is((await after.putManifest('app', tag, { body, type: OCI_MANIFEST })).status, 201);
    t.is((await put(after, 'one', tag)).status, 403);
    t.is(await digestUnder(after, tag), digestOf(body));
  }
});

test('whatever two instances without Redis do to a new tag at once, then both agree about it, and it stays', async (t) => {
  const options = await onDisk(t);
  const [here, there] = [await withRegistry(t, options), await withRegistry(t, options)];
  for (const body of ['{}', 'one', 'two']) await here.pushBlob('app', body);
  for (let round = 0; round < 20; round += 1) {
    const tag = `v${round}`;
    await put(here, 'one', ONE);
    const answers = await Promise.all([put(here, 'one', tag), put(there, 'two', tag), remove(there, ONE)]);
    for (const { status, text } of answers) t.true([201, 202, 403].includes(status), text);
    const digest = await digestUnder(here, tag);
    t.is(await digestUnder(there, tag), digest);
    if (digest === undefined) continue;
    for (const instance of [here, there]) {
      t.is((await put(instance, digest === ONE ? 'two' : 'one', tag)).status, 403);
      t.is((await remove(instance, digest)).status, 403);
      t.is((await remove(instance, tag)).status, 403);
    }
    t.is(await digestUnder(there, tag), digest);
  }
});
