import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  type Artifact,
  artifact,
  artifactIndex,
  describe,
  descriptorOf,
  OCI_INDEX,
  push,
  referrersOf,
} from '../../../helpers/content/artifacts.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { pathOf } from '../../../helpers/http/http-request.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';

const subjectArtifact = artifact({ annotations: { is: 'the subject' } });
const subject = descriptorOf(subjectArtifact);
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

/** Referrers of the subject that differ in an annotation, in byte order of their digests. */
function many(count: number, fields: Readonly<Record<string, unknown>> = {}): Artifact[] {
  return Array.from({ length: count }, (_, index) =>
    artifact({ subject, artifactType: 'test/many', annotations: { index: String(index) }, ...fields }),
  ).sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

async function pushAll(registry: Registry, artifacts: readonly Artifact[]): Promise<string[]> {
  for (const one of artifacts) await push(registry, 'app', one);
  return artifacts.map(({ digest }) => digest);
}

test('a referrer is listed with its type, size, artifact type and its own annotations, and no more', async (t) => {
  const registry = await withRegistry(t);
  const annotations = { 'a.b': 'c', empty: '' };
  const signature = artifact({ subject: { ...subject, annotations: { of: 'the descriptor' } }, annotations });
  const typed = artifact({ subject, artifactType: 'test/typed' });
  const emptyType = artifact({ subject, artifactType: '' });
  const index = artifactIndex({ subject });
  const typedIndex = artifactIndex({ subject, artifactType: 'test/index', annotations });
  for (const one of [signature, typed, emptyType, index, typedIndex]) {
    const answer = await push(registry, 'app', one);
    t.is(answer.headers['oci-subject'], subject.digest);
  }
  const { manifests, answer } = await referrersOf(registry, 'app', subject.digest);
  t.is(answer.headers['content-type'], OCI_INDEX);
  t.like(JSON.parse(answer.text), { schemaVersion: 2, mediaType: OCI_INDEX });
  t.deepEqual(
    manifests,
    [
      { ...descriptorOf(signature), artifactType: EMPTY_TYPE, annotations },
      { ...descriptorOf(typed), artifactType: 'test/typed' },
      { ...descriptorOf(emptyType), artifactType: EMPTY_TYPE },
      descriptorOf(index),
      { ...descriptorOf(typedIndex), artifactType: 'test/index', annotations },
    ].sort((a, b) => (a.digest < b.digest ? -1 : 1)),
  );
  const head = await registry.ask('HEAD', `/v2/app/referrers/${subject.digest}`);
  t.is(head.status, 200);
  t.is(head.headers['content-length'], answer.headers['content-length']);
  t.is(head.text, '');
});

test('a manifest without subject is answered without OCI-Subject and is nobody’s referrer', async (t) => {
  const registry = await withRegistry(t);
  const answer = await push(registry, 'app', subjectArtifact);
  t.is(answer.headers['oci-subject'], undefined);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, []);
});

test('a referrer that is pushed before its subject, or under a tag, is still listed', async (t) => {
  const registry = await withRegistry(t);
  const [first, second] = many(2);
  await push(registry, 'app', first as Artifact);
  await push(registry, 'app', second as Artifact, 'signature');
  t.is((await referrersOf(registry, 'app', subject.digest)).digests.length, 2);
  await push(registry, 'app', subjectArtifact);
  t.is((await referrersOf(registry, 'app', subject.digest)).digests.length, 2);
});

test('referrers belong to one repository, and to the digest as the subject names it', async (t) => {
  const registry = await withRegistry(t);
  const sha512 = digestOf(subjectArtifact.body, 'sha512');
  const one = artifact({ subject: { ...subject, digest: sha512 } });
  await push(registry, 'app', one);
  t.deepEqual((await referrersOf(registry, 'app', sha512)).digests, [one.digest]);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, []);
  t.deepEqual((await referrersOf(registry, 'other', sha512)).digests, []);
});

test('a referrer put by sha512 is listed by that digest, after those by sha256', async (t) => {
  const registry = await withRegistry(t);
  const [one, two] = many(2) as [Artifact, Artifact];
  const digest = digestOf(one.body, 'sha512');
  await push(registry, 'app', { ...one, digest });
  await push(registry, 'app', two);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [two.digest, digest]);
  const behind = await referrersOf(registry, 'app', subject.digest, `?last=${two.digest}`);
  t.deepEqual(behind.digests, [digest]);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest, '?last=sha3')).digests, [digest]);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest, '?last=sha6')).digests, []);
  t.is((await referrersOf(registry, 'app', subject.digest, '?last=a')).digests.length, 2);
});

test('a deleted referrer is no longer listed, and one that is pushed again is', async (t) => {
  const registry = await withRegistry(t);
  const [one] = many(1) as [Artifact];
  for (const expected of [[one.digest], []]) {
    if (expected.length > 0) await push(registry, 'app', one);
    else expectStatus(await registry.ask('DELETE', `/v2/app/manifests/${one.digest}`), 202);
    t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, expected);
  }
  await push(registry, 'app', one);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [one.digest]);
});

test('deleting the subject leaves its referrers', async (t) => {
  const registry = await withRegistry(t);
  await push(registry, 'app', subjectArtifact);
  const [digest] = await pushAll(registry, many(1));
  expectStatus(await registry.ask('DELETE', `/v2/app/manifests/${subject.digest}`), 202);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [digest]);
});

test('a referrer whose manifest another program removed from storage is not listed', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const digests = await pushAll(registry, many(3));
  const [gone = ''] = digests;
  await registry.stop();
  const revisions = join(registry.root, 'docker/registry/v2/repositories/app/_manifests/revisions');
  await rm(join(revisions, gone.replace(':', '/')), { recursive: true });
  const again = await withRegistry(t, { storage: { filesystem: { rootdirectory: registry.root } } });
  t.deepEqual((await referrersOf(again, 'app', subject.digest)).digests, digests.slice(1));
});

test('a referrer whose link distribution removed, while this registry runs, is not listed', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const digests = await pushAll(registry, many(3));
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, digests);
  const revisions = join(registry.root, 'docker/registry/v2/repositories/app/_manifests/revisions');
  for (const [index, digest] of digests.entries()) {
    await rm(join(revisions, digest.replace(':', '/'), 'link'));
    t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, digests.slice(index + 1));
  }
});

test('pages follow each other by Link, in byte order, without gaps or doubles', async (t) => {
  const registry = await withRegistry(t);
  const digests = await pushAll(registry, many(7));
  for (const n of [1, 2, 3, 7, 8]) {
    const seen: string[][] = [];
    let path: string | undefined = `/v2/app/referrers/${subject.digest}?n=${n}`;
    while (path !== undefined) {
      const answer = expectStatus(await registry.ask('GET', path), 200);
      t.is(answer.headers['content-type'], OCI_INDEX);
      seen.push((JSON.parse(answer.text) as { manifests: { digest: string }[] }).manifests.map((one) => one.digest));
      const link = /^<(\/[^>]*)>; rel="next"$/.exec(answer.headers['link']?.toString() ?? '')?.[1];
      path = link === undefined ? undefined : pathOf(link);
    }
    t.deepEqual(seen.flat(), digests);
    t.deepEqual(
      seen.map((page) => page.length),
      Array.from({ length: Math.ceil(7 / n) }, (_, page) => Math.min(n, 7 - page * n)),
    );
  }
  const none = await referrersOf(registry, 'app', subject.digest, '?n=0');
  t.deepEqual(none.digests, []);
  t.is(none.answer.headers['link'], undefined);
});

test('a page that would be larger than clients take ends early and has a next one', async (t) => {
  const registry = await withRegistry(t);
  const large = ['a', 'b', 'c'].map((letter) => artifact({ subject, annotations: { text: letter.repeat(1_500_000) } }));
  await pushAll(registry, large);
  const { answer, digests: page } = await referrersOf(registry, 'app', subject.digest);
  t.is(page.length, 2);
  t.true(answer.body.byteLength < 4 * 1024 * 1024);
  t.regex(
    answer.headers['link']?.toString() ?? '',
    /^<\/v2\/app\/referrers\/sha256:[0-9a-f]+\?last=sha256%3A[0-9a-f]{64}>; /,
  );
});

test('the filter keeps one type or several, is reported even with an empty list, and applies to the next page', async (t) => {
  const registry = await withRegistry(t);
  await pushAll(registry, many(2, { artifactType: 'test/a' }));
  await pushAll(registry, many(2, { artifactType: 'test/b' }));
  await pushAll(registry, many(2, { artifactType: 'test/c' }));
  await push(registry, 'app', artifactIndex({ subject }));
  const types = async (query: string): Promise<unknown[]> => {
    const { answer, manifests } = await referrersOf(registry, 'app', subject.digest, query);
    t.is(answer.headers['oci-filters-applied'], 'artifactType');
    return manifests.map(({ artifactType }) => artifactType).sort();
  };
  t.deepEqual(await types('?artifactType=test%2Fa'), ['test/a', 'test/a']);
  t.deepEqual(await types('?artifactType=test/a&artifactType=test/c'), ['test/a', 'test/a', 'test/c', 'test/c']);
  t.deepEqual(await types('?artifactType=test/none'), []);
  const { answer } = await referrersOf(registry, 'app', subject.digest, '?artifactType=test/a&artifactType=test/c&n=1');
  t.regex(answer.headers['link']?.toString() ?? '', /\?artifactType=test%2Fa&artifactType=test%2Fc&last=.*&n=1>/);
  const all = await referrersOf(registry, 'app', subject.digest, '?artifactType=');
  t.is(all.digests.length, 7);
  t.is(all.answer.headers['oci-filters-applied'], undefined);
});

test('an unknown digest and an unknown repository have an empty list', async (t) => {
  const registry = await withRegistry(t);
  await push(registry, 'app', subjectArtifact);
  for (const name of ['app', 'nobody/here']) {
    const { answer } = await referrersOf(registry, name, `sha256:${'0'.repeat(64)}`);
    t.is(answer.text, `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[]}`);
    t.is(answer.headers['content-type'], OCI_INDEX);
  }
});

test('a malformed digest, name or n is refused', async (t) => {
  const registry = await withRegistry(t);
  for (const digest of ['sha256:abc', 'latest', 'md5:00', `sha256:${'A'.repeat(64)}`]) {
    assertError(t, await registry.ask('GET', `/v2/app/referrers/${digest}`), 400, 'DIGEST_INVALID');
  }
  assertError(t, await registry.ask('GET', `/v2/App/referrers/${subject.digest}`), 400, 'NAME_INVALID');
  const path = `/v2/app/referrers/${subject.digest}?n=many`;
  assertError(t, await registry.ask('GET', path), 400, 'PAGINATION_NUMBER_INVALID');
});

/** Removes the entries, as if another program had stored the manifests. */
async function withoutEntries(registry: Registry): Promise<void> {
  await rm(join(registry.root, 'docker/registry/v2/repositories/app/_referrers'), { recursive: true });
}

for (const algorithm of ['sha256', 'sha512']) {
  test(`entries under the fallback tag of a ${algorithm} subject are included, once and only if they are true`, async (t) => {
    const registry = await withRegistry(t, { storage: { filesystem: {} } });
    const digest = digestOf(subjectArtifact.body, algorithm);
    const of = { ...subject, digest };
    const [first, second, third] = many(3, { subject: of }) as [Artifact, Artifact, Artifact];
    const stranger = artifact({ subject: { ...subject, digest: `sha256:${'1'.repeat(64)}` } });
    await pushAll(registry, [first, second, stranger]);
    await withoutEntries(registry);
    await push(registry, 'app', third);
    const image = artifact();
    await push(registry, 'app', image);
    const manifests = [first, third, second, stranger, image, first].map(descriptorOf);
    const fallback = artifactIndex({ manifests });
    const tag = `${algorithm}-${digest.split(':')[1]?.slice(0, 64) ?? ''}`;
    t.deepEqual((await referrersOf(registry, 'app', digest)).digests, [third.digest]);
    await push(registry, 'app', fallback, tag);
    const { digests, manifests: found } = await referrersOf(registry, 'app', digest);
    t.deepEqual(
      digests,
      [first, second, third].map((one) => one.digest),
    );
    t.like(found[0], { artifactType: 'test/many', size: first.body.length });
    const rest = await referrersOf(registry, 'app', digest, `?n=1&last=${first.digest}`);
    t.deepEqual(rest.digests, [second.digest]);
    t.true((rest.answer.headers['link']?.length ?? 0) > 0);
  });
}

test('a fallback tag that names no index, or missing children, adds nothing', async (t) => {
  const registry = await withRegistry(t, { others: { validation: { disabled: true } } });
  const tag = subject.digest.replace(':', '-');
  const [one] = await pushAll(registry, many(1));
  await push(registry, 'app', artifact({ annotations: { no: 'index' } }), tag);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [one]);
  await push(registry, 'app', artifactIndex({ manifests: [describe('nothing', OCI_INDEX)] }), tag);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [one]);
});
