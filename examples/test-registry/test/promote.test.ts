import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestRegistry } from 'stowage';
import { promote } from '../src/promote.ts';

const TYPE = 'application/vnd.oci.image.index.v1+json';
const INDEX = JSON.stringify({ schemaVersion: 2, mediaType: TYPE, manifests: [] });

void test('an image gets the new tag, and keeps its digest', async () => {
  await using registry = await startTestRegistry();
  const tag = (name: string) => `${registry.url}/v2/my/image/manifests/${name}`;
  await fetch(tag('v1'), { method: 'PUT', body: INDEX, headers: { 'Content-Type': TYPE } });
  const digest = await promote({ registry: registry.url, repository: 'my/image', from: 'v1', to: 'stable' });
  const stable = await fetch(tag('stable'), { headers: { Accept: TYPE } });
  assert.equal(stable.headers.get('docker-content-digest'), digest);
  assert.equal(await stable.text(), INDEX);
});

void test('a tag that does not exist is an error with the words of the registry', async () => {
  await using registry = await startTestRegistry();
  const promotion = { registry: registry.url, repository: 'my/image', from: 'v1', to: 'stable' };
  await assert.rejects(promote(promotion), /my\/image:v1: 404 .*MANIFEST_UNKNOWN/);
});

void test('a registry that takes no changes is an error', async () => {
  const storage = { inmemory: {}, maintenance: { readonly: { enabled: true } } };
  await using registry = await startTestRegistry({ configuration: { storage } });
  const promotion = { registry: registry.url, repository: 'my/image', from: 'v1', to: 'stable' };
  await assert.rejects(promote(promotion), /404/);
});
