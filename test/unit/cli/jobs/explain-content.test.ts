import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';
import { type Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

async function world(
  t: ExecutionContext,
  others = {},
): Promise<{ registry: Registry; explain: (digest: string) => Promise<Finished> }> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const path = join(folder, 'explain.yml');
  const storage = { filesystem: { rootdirectory: registry.root } };
  const http = { secret: 'x' };
  await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http, ...others }));
  return { registry, explain: (digest) => runInProcess(['gc', 'explain', digest, path]) };
}

test('the way from a tag over an index to a blob is shown', async (t) => {
  const { registry, explain } = await world(t);
  const blobs = [await registry.pushBlob('team/app', '{}'), await registry.pushBlob('team/app', 'layer')];
  const image = imageManifest('{}', 'layer');
  expectStatus(await registry.putManifest('team/app', digestOf(image), { body: image, type: OCI_MANIFEST }), 201);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ mediaType: OCI_MANIFEST, digest: digestOf(image), size: image.length }],
  });
  expectStatus(await registry.putManifest('team/app', 'v1', { body: index, type: OCI_INDEX }), 201);
  const { code, stdout } = await explain(blobs[1] ?? '');
  t.is(code, 0);
  const [stored, needed, link, conclusion] = stdout.split('\n');
  t.regex(stored ?? '', /^stored: 5 bytes, since 20\S+Z$/);
  t.is(needed, `needed by team/app: tag v1 → ${digestOf(index)} → ${digestOf(image)}`);
  t.regex(link ?? '', /^a blob of team\/app since 20\S+Z$/);
  t.is(conclusion, 'it stays');
});

test('content that no manifest needs stays while it is young, and then goes', async (t) => {
  const { registry, explain } = await world(t);
  const digest = await registry.pushBlob('app', 'nothing needs it');
  const young = await explain(digest);
  t.regex(young.stdout, /\nno manifest needs it: it stays for at least 1h, because it is young\n$/);
  const old = new Date(Date.now() - 2 * 3_600_000);
  const hex = digest.slice('sha256:'.length);
  const root = join(registry.root, 'docker/registry/v2');
  await utimes(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), old, old);
  await utimes(join(root, 'repositories/app/_layers/sha256', hex, 'link'), old, old);
  t.regex((await explain(digest)).stdout, /\nno manifest needs it: the next collection removes it\n$/);
});

test('a manifest without a tag stays, unless such manifests are to be deleted', async (t) => {
  const { registry, explain } = await world(t);
  for (const text of ['{}', 'layer']) await registry.pushBlob('app', text);
  const image = imageManifest('{}', 'layer');
  expectStatus(await registry.putManifest('app', digestOf(image), { body: image, type: OCI_MANIFEST }), 201);
  const { stdout } = await explain(digestOf(image));
  t.true(
    stdout.includes(`needed by app: no tag → ${digestOf(image)}; a manifest without a tag stays until it is deleted\n`),
  );
  t.regex(stdout, /\nit stays\n$/);
});

test('a manifest that stays for a time without a tag is shown with that time, and with its beginning once a collection has found it', async (t) => {
  const untagged = [{ repositories: ['app'], after: '168h' }];
  const { registry, explain } = await world(t, { retention: { untagged } });
  for (const text of ['{}', 'layer']) await registry.pushBlob('app', text);
  const image = imageManifest('{}', 'layer');
  expectStatus(await registry.putManifest('app', digestOf(image), { body: image, type: OCI_MANIFEST }), 201);
  const way = `needed by app: no tag → ${digestOf(image)}; a manifest without a tag goes after 168h`;
  const before = await explain(digestOf(image));
  t.true(before.stdout.includes(`${way} unless it refers to a manifest that stays\n`), before.stdout);
  t.regex(before.stdout, /\nit stays only as long as the manifests above\n$/);
  const record = join(registry.root, 'docker/registry/v2/_jobs/gc/untagged/app/_since');
  await mkdir(dirname(record), { recursive: true });
  await writeFile(record, `2026-03-01T12:00:00.000Z ${digestOf(image)}\n`);
  const known = `${way} unless it refers to a manifest that stays, and this one has had none since 2026-03-01T12:00:00Z\n`;
  const after = await explain(digestOf(image));
  t.true(after.stdout.includes(known), after.stdout);
});

test('what is no digest is a wrong usage', async (t) => {
  const { code, stderr } = await runInProcess(['gc', 'explain', 'latest']);
  t.is(code, 2);
  t.regex(stderr, /"latest" is no digest; expected sha256:/);
});
