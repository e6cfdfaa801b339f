import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  type Artifact,
  artifact,
  artifactIndex,
  descriptorOf,
  OCI_INDEX,
  push,
  referrersOf,
} from '../../helpers/content/artifacts.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import { digestOf, type Registry, withRegistry } from '../../helpers/http/with-registry.ts';

const subjectManifest = artifact({ annotations: { is: 'the subject' } });
const subject = descriptorOf(subjectManifest);
const LINK = /^<(\/[^<>]*)>; rel="next"$/;

async function withTags(registry: Registry, ...tags: string[]): Promise<Registry> {
  for (const tag of tags) await push(registry, 'app', subjectManifest, tag);
  return registry;
}

async function listTags(registry: Registry, query = '') {
  const answer = await registry.ask('GET', `/v2/app/tags/list${query}`);
  return { answer, tags: (JSON.parse(answer.text) as { tags?: string[] }).tags };
}

test('[oci-39.1, oci-39.2, oci-39.3] tags are listed in byte order, as [] without tags, and not at all without a repository', async (t) => {
  const registry = await withTags(await withRegistry(t), 'test1', 'TEST0', 'TEST1', 'test0', '_', '1');
  const { answer, tags } = await listTags(registry);
  t.is(answer.status, 200);
  t.deepEqual(tags, ['1', 'TEST0', 'TEST1', '_', 'test0', 'test1']);
  t.is((JSON.parse(answer.text) as { name: string }).name, 'app');
  for (const tag of tags ?? []) await registry.ask('DELETE', `/v2/app/manifests/${tag}`);
  t.deepEqual((await listTags(registry)).tags, []);
  assertError(t, await registry.ask('GET', '/v2/nobody/tags/list'), 404, 'NAME_UNKNOWN');
});

test('[oci-40.1, oci-40.2, oci-40.3, oci-40.4] pages of tags have exactly n, begin after last, and continue by Link', async (t) => {
  const registry = await withTags(await withRegistry(t), 'a', 'b', 'c', 'd', 'e');
  const none = await listTags(registry, '?n=0');
  t.deepEqual(none.tags, []);
  t.is(none.answer.headers['link'], undefined);
  const first = await listTags(registry, '?n=2');
  t.deepEqual(first.tags, ['a', 'b']);
  const next = LINK.exec(String(first.answer.headers['link']))?.[1] ?? '';
  t.deepEqual((await listTags(registry, new URL(next, 'http://none').search)).tags, ['c', 'd']);
  t.deepEqual((await listTags(registry, '?last=bb')).tags, ['c', 'd', 'e']);
  const last = await listTags(registry, '?n=2&last=c');
  t.deepEqual(last.tags, ['d', 'e']);
  t.is(last.answer.headers['link'], undefined);
});

test('[oci-41.1, oci-41.3, oci-41.4] a digest without referrers has an empty index, even in an unknown repository', async (t) => {
  const registry = await withTags(await withRegistry(t), 'v1');
  for (const name of ['app', 'nobody']) {
    for (const digest of [subject.digest, digestOf('x', 'sha512'), `sha256:${'0'.repeat(64)}`]) {
      const answer = await registry.ask('GET', `/v2/${name}/referrers/${digest}`);
      t.is(answer.status, 200);
      t.is(answer.headers['content-type'], OCI_INDEX);
      t.deepEqual(JSON.parse(answer.text), { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
    }
  }
});

test('[oci-41.2] referrers of a malformed digest are refused', async (t) => {
  const registry = await withRegistry(t);
  for (const digest of ['v1', 'sha256:', 'sha256:totallywrong', 'none:00']) {
    assertError(t, await registry.ask('GET', `/v2/app/referrers/${digest}`), 400, 'DIGEST_INVALID');
  }
});

test('[oci-42.1, oci-42.2, oci-42.3] an entry describes the manifest, with its own annotations and artifact type', async (t) => {
  const registry = await withRegistry(t);
  const annotated = { ...subject, annotations: { of: 'the descriptor' }, artifactType: 'of/descriptor' };
  const expected: [Artifact, object][] = [
    [artifact({ subject: annotated, artifactType: 'a/b' }), { artifactType: 'a/b' }],
    [artifact({ subject: annotated }), { artifactType: 'application/vnd.oci.empty.v1+json' }],
    [
      artifact({ subject: annotated, artifactType: '', annotations: { mine: '1' } }),
      { artifactType: 'application/vnd.oci.empty.v1+json', annotations: { mine: '1' } },
    ],
    [artifactIndex({ subject: annotated, artifactType: 'c/d' }), { artifactType: 'c/d' }],
    [artifactIndex({ subject: annotated, annotations: { mine: '2' } }), { annotations: { mine: '2' } }],
  ];
  for (const [one] of expected) await push(registry, 'app', one);
  await push(registry, 'elsewhere', artifact({ subject }));
  const { manifests } = await referrersOf(registry, 'app', subject.digest);
  t.is(manifests.length, expected.length);
  for (const [one, fields] of expected) {
    t.deepEqual(
      manifests.find(({ digest }) => digest === one.digest),
      { ...descriptorOf(one), ...fields },
    );
  }
});

test('[oci-43.1] referrers that exceed one answer continue by Link, and each page is an index', async (t) => {
  const registry = await withRegistry(t);
  for (const letter of ['a', 'b', 'c']) {
    await push(registry, 'app', artifact({ subject, annotations: { text: letter.repeat(1_500_000) } }));
  }
  const first = await registry.ask('GET', `/v2/app/referrers/${subject.digest}`);
  const next = LINK.exec(String(first.headers['link']))?.[1] ?? '';
  const second = await registry.ask('GET', next);
  const count = (text: string): number => (JSON.parse(text) as { manifests: unknown[] }).manifests.length;
  t.deepEqual([count(first.text), count(second.text)], [2, 1]);
  t.is(second.headers['content-type'], OCI_INDEX);
  t.is(second.headers['link'], undefined);
});

test('[oci-44.1, oci-44.2] artifactType filters and is named as the filter applied', async (t) => {
  const registry = await withRegistry(t);
  for (const artifactType of ['a/a', 'b/b', 'c/c']) await push(registry, 'app', artifact({ subject, artifactType }));
  const asked: [string, string[]][] = [
    ['?artifactType=a%2Fa', ['a/a']],
    ['?artifactType=a/a&artifactType=c/c', ['a/a', 'c/c']],
    ['?artifactType=d/d', []],
  ];
  for (const [query, types] of asked) {
    const { answer, manifests } = await referrersOf(registry, 'app', subject.digest, query);
    t.deepEqual(manifests.map((entry) => entry['artifactType']).sort(), types);
    t.is(answer.headers['oci-filters-applied'], 'artifactType');
  }
  const { answer } = await referrersOf(registry, 'app', subject.digest);
  t.is(answer.headers['oci-filters-applied'], undefined);
});

test('[oci-46.1, oci-47.1] manifests that clients listed under the fallback tag are included', async (t) => {
  for (const algorithm of ['sha256', 'sha512']) {
    const registry = await withRegistry(t, { storage: { filesystem: {} } });
    const digest = digestOf(subjectManifest.body, algorithm);
    const one = artifact({ subject: { ...subject, digest } });
    const other = artifact({ annotations: { about: 'nothing' } });
    for (const each of [one, other]) await push(registry, 'app', each);
    // As left by another registry that knows nothing of referrers.
    await rm(join(registry.root, 'docker/registry/v2/repositories/app/_referrers'), { recursive: true });
    const fallback = artifactIndex({ manifests: [one, other].map(descriptorOf) });
    await push(registry, 'app', fallback, `${algorithm}-${(digest.split(':')[1] ?? '').slice(0, 64)}`);
    t.deepEqual((await referrersOf(registry, 'app', digest)).digests, [one.digest]);
  }
});
