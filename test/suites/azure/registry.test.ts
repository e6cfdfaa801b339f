import type { ExecutionContext } from 'ava';
import { signRequest } from '../../../drivers/azure/shared-key.ts';
import type { StoreRequest } from '../../../drivers/object-store/http-transport.ts';
import { assertBytes, at, content, MIB, names, readAll } from '../../../testing/driver-case.ts';
import { assertLean, requestCosts } from '../../helpers/core/request-costs.ts';
import { type Client, digestOf, imageOf, MANIFEST_TYPE } from '../interop/client.ts';
import { findDistribution, type Kind, serve } from '../interop/registries.ts';
import { openAzure, openContainer } from './azure-driver.ts';
import { ACCOUNT, emulatorUrl, newContainer, sharedKey, testsWithEmulator } from './emulator.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('a registry', findDistribution() === undefined ? { registry: 'golang' } : {});

test('a push of a small blob makes at most three calls one after the other on Azure', async (t) => {
  assertLean(t, await requestCosts(t, await openAzure(await newContainer(), await emulatorUrl())));
});

test('clients are redirected to a URL that serves the content, whole and in part, and nothing else', async (t) => {
  const driver = await openAzure(await newContainer(), await emulatorUrl(), { rootdirectory: 'a folder/b' });
  const bytes = content(1000);
  await driver.write(at('/blob/data'), bytes);
  for (const method of ['GET', 'HEAD'] as const) {
    const url = await driver.redirectUrl?.(at('/blob/data'), { method, expiresInMs: 60_000 });
    const answer = await fetch(url ?? t.fail(), { method });
    t.is(answer.headers.get('content-length'), '1000');
    if (method === 'GET') assertBytes(Buffer.from(await answer.arrayBuffer()), bytes);
  }
  const url = (await driver.redirectUrl?.(at('/blob/data'), { method: 'GET', expiresInMs: 60_000 })) ?? t.fail();
  const part = await fetch(url, { headers: { range: 'bytes=10-99' } });
  assertBytes(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 100));
  t.is((await fetch(url, { method: 'DELETE' })).status, 403);
  url.pathname += 'x';
  t.is((await fetch(url)).status, 403);
});

test('append blobs of distribution are read, resumed where they are empty, moved, replaced and deleted', async (t) => {
  const [name, url] = [await newContainer(), await emulatorUrl()];
  const driver = await openAzure(name, url);
  for (const [key, body] of [
    ['a/data', content(1000, 1)],
    ['b/link', content(10, 2)],
    ['c/data', content(10, 3)],
  ] as const) {
    await append(`${url}/${name}/${key}`, body);
  }
  assertBytes(await readAll(driver, '/a/data'), content(1000, 1));
  t.like(await driver.stat(at('/a/data')), { size: 1000, isFolder: false });
  await driver.move(at('/a/data'), at('/moved/data'));
  assertBytes(await readAll(driver, '/moved/data'), content(1000, 1));
  await driver.write(at('/b/link'), content(20, 4));
  assertBytes(await readAll(driver, '/b/link'), content(20, 4));
  await driver.delete(at('/c'));
  t.deepEqual(await names(driver, '/'), ['b', 'moved']);
});

/** Writes a blob as distribution does. */
async function append(blob: string, body: Buffer): Promise<void> {
  for (const [query, type, bytes] of [
    ['', { 'x-ms-blob-type': 'AppendBlob' }, Buffer.alloc(0)],
    ['?comp=appendblock', {}, body],
  ] as const) {
    const headers: Record<string, string> = { 'x-ms-version': '2022-11-02', ...type };
    const request: StoreRequest = { method: 'PUT', url: new URL(blob + query), headers, body: [bytes] };
    const signed = signRequest(sharedKey(), request);
    const answer = await fetch(request.url, { method: 'PUT', headers: { ...headers, ...signed }, body: bytes });
    if (!answer.ok) throw new Error(`${blob}${query} gave ${answer.status}: ${await answer.text()}`);
  }
}

/** Serves a container by one of the registries. */
async function serveContainer(t: ExecutionContext, kind: Kind, container: string, serviceurl: string): Promise<Client> {
  const azure = {
    ...ACCOUNT,
    container,
    serviceurl,
    rootdirectory: '/registries/first',
    credentials: { type: 'shared_key' },
  };
  // Distribution signs URLs for HTTPS only, which the emulator does not speak.
  const redirect = { disable: true };
  return serve(t, kind, '', { storage: { azure, delete: { enabled: true }, redirect } });
}

/** The calls to the storage that requests to a registry cost. */
async function callsOf(t: ExecutionContext, kind: Kind): Promise<Record<string, number>> {
  const { proxy, url } = await startProxy(t);
  const registry = await serveContainer(t, kind, await newContainer(), url);
  const image = imageOf('before');
  await registry.push('app', 'before', image);
  const calls: Record<string, number> = {};
  const count = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    const before = proxy.seen.length;
    await action();
    calls[what] = proxy.seen.length - before;
  };
  const [small, large] = [content(1000, 7), content(20 * MIB, 8)];
  await count('push a small blob', async () => registry.finish(await registry.begin('app'), digestOf(small), small));
  await count('push a layer of 20 MiB', async () => {
    await registry.finish(await registry.send(await registry.begin('app'), large), digestOf(large));
  });
  const next = imageOf('before');
  const manifest = Buffer.concat([next.manifest, Buffer.from(' ')]);
  await count('push a manifest with a tag', () => registry.putManifest('app', 'next', manifest));
  await count('pull a manifest by its tag', () => registry.bytes('/v2/app/manifests/before'));
  await count('pull a layer', () => registry.ask('HEAD', `/v2/app/blobs/${digestOf(image.blobs[1] ?? t.fail())}`, 200));
  await count('list the tags', () => registry.json('/v2/app/tags/list'));
  await count('delete a manifest', () => registry.ask('DELETE', `/v2/app/manifests/${digestOf(manifest)}`, 202));
  return calls;
}

/** At most this share of the calls of distribution. */
const MOST: Readonly<Record<string, number>> = { 'push a layer of 20 MiB': 0.7, 'delete a manifest': 2 };

test('most requests make at most half as many calls as those of distribution', async (t) => {
  const [ours, theirs] = [await callsOf(t, 'stowage'), await callsOf(t, 'distribution')];
  t.log(JSON.stringify({ ours, theirs }));
  for (const [what, calls] of Object.entries(ours)) {
    const most = (theirs[what] ?? 0) * (MOST[what] ?? 0.5);
    t.true(calls <= most, `${what}: ${calls} calls, and ${theirs[what]} of distribution`);
  }
});

for (const [writer, reader] of [
  ['distribution', 'stowage'],
  ['stowage', 'distribution'],
] as const) {
  test(`what ${writer} has pushed to a container is pulled, changed and deleted by ${reader}`, async (t) => {
    const [name, url] = [await newContainer(), await emulatorUrl()];
    const open = (kind: Kind): Promise<Client> => serveContainer(t, kind, name, url);
    const [one, other] = [await open(writer), await open(reader)];
    const [image, next] = [imageOf('first'), imageOf('second')];
    await one.push('library/example', 'v1', image);

    t.true((await other.bytes('/v2/library/example/manifests/v1')).equals(image.manifest));
    for (const blob of image.blobs) {
      t.true((await other.bytes(`/v2/library/example/blobs/${digestOf(blob)}`)).equals(blob));
    }
    t.deepEqual(await other.json('/v2/_catalog'), { repositories: ['library/example'] });
    // The same tag, and blobs that are there already.
    await other.push('library/example', 'v1', next);
    await other.push('library/copy', 'v1', image);
    t.true((await one.bytes('/v2/library/example/manifests/v1')).equals(next.manifest));
    t.true((await one.bytes('/v2/library/copy/manifests/v1')).equals(image.manifest));
    await other.ask('DELETE', `/v2/library/example/manifests/${digestOf(image.manifest)}`, 202);
    await one.ask('GET', `/v2/library/example/manifests/${digestOf(image.manifest)}`, 404, undefined, MANIFEST_TYPE);
    const { items } = await openContainer(name, url).list({ prefix: '' });
    t.true(items.every(({ key }) => key.startsWith('registries/first/docker/registry/v2/')));
  });
}
