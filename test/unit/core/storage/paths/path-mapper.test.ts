import test from 'ava';
import { parseDigest } from '../../../../../core/digest/digest.ts';
import { isStoragePath, parseStoragePath, type StoragePath } from '../../../../../core/driver/index.ts';
import { parseRepositoryName, parseTag, parseUploadId } from '../../../../../core/model/reference.ts';
import { algorithmEntry, PathMapper } from '../../../../../core/storage/paths/path-mapper.ts';

const paths = new PathMapper();
const name = parseRepositoryName('foo/bar');
const tag = parseTag('V1.0');
const id = parseUploadId('01932e5c-5a3a-7000-8000-000000000000');
const hex = `ab${'0'.repeat(62)}`;
const longHex = `cd${'1'.repeat(126)}`;
const sha256 = parseDigest(`sha256:${hex}`);
const sha512 = parseDigest(`sha512:${longHex}`);
const tarsum = parseDigest(`tarsum.v1+sha256:${hex}`);
const root = '/docker/registry/v2';
const manifests = `${root}/repositories/foo/bar/_manifests`;

const expected: ReadonlyArray<readonly [string, string, string]> = [
  ['blob data', paths.blobData(sha256), `${root}/blobs/sha256/ab/${hex}/data`],
  ['blob data, sha512', paths.blobData(sha512), `${root}/blobs/sha512/cd/${longHex}/data`],
  ['blobs', paths.blobs(), `${root}/blobs`],
  ['repositories', paths.repositories(), `${root}/repositories`],
  ['repository', paths.repository(name), `${root}/repositories/foo/bar`],
  ['layer link', paths.layerLink(name, sha256), `${root}/repositories/foo/bar/_layers/sha256/${hex}/link`],
  ['layer link, sha512', paths.layerLink(name, sha512), `${root}/repositories/foo/bar/_layers/sha512/${longHex}/link`],
  [
    'layer link, tarsum',
    paths.layerLink(name, tarsum),
    `${root}/repositories/foo/bar/_layers/tarsum/v1/sha256/${hex}/link`,
  ],
  [
    'layer link, tarsum of version 0',
    paths.layerLink(name, parseDigest(`tarsum+sha256:${hex}`)),
    `${root}/repositories/foo/bar/_layers/tarsum/v0/sha256/${hex}/link`,
  ],
  [
    'layer link, tarsum in development',
    paths.layerLink(name, parseDigest(`tarsum.dev+sha256:${hex}`)),
    `${root}/repositories/foo/bar/_layers/tarsum/dev/sha256/${hex}/link`,
  ],
  ['blob data, tarsum', paths.blobData(tarsum), `${root}/blobs/tarsum/v1/sha256/ab/${hex}/data`],
  ['layer folder', paths.layerFolder(name, sha256), `${root}/repositories/foo/bar/_layers/sha256/${hex}`],
  ['manifests', paths.manifests(name), manifests],
  ['revision link', paths.revisionLink(name, sha256), `${manifests}/revisions/sha256/${hex}/link`],
  ['revision link, sha512', paths.revisionLink(name, sha512), `${manifests}/revisions/sha512/${longHex}/link`],
  ['revision folder', paths.revisionFolder(name, sha256), `${manifests}/revisions/sha256/${hex}`],
  ['signatures', paths.signatures(name, sha256, 'sha512'), `${manifests}/revisions/sha256/${hex}/signatures/sha512`],
  [
    'signature link',
    paths.signatureLink(name, sha256, sha512),
    `${manifests}/revisions/sha256/${hex}/signatures/sha512/${longHex}/link`,
  ],
  ['tags', paths.tags(name), `${manifests}/tags`],
  ['tag', paths.tag(name, tag), `${manifests}/tags/V1.0`],
  ['tag current link', paths.tagCurrentLink(name, tag), `${manifests}/tags/V1.0/current/link`],
  ['tag index', paths.tagIndex(name, tag), `${manifests}/tags/V1.0/index`],
  ['tag index link', paths.tagIndexLink(name, tag, sha256), `${manifests}/tags/V1.0/index/sha256/${hex}/link`],
  ['revisions', paths.revisions(name, 'sha256'), `${manifests}/revisions/sha256`],
  ['upload', paths.upload(name, id), `${root}/repositories/foo/bar/_uploads/${id}`],
  ['upload data', paths.uploadData(name, id), `${root}/repositories/foo/bar/_uploads/${id}/data`],
  [
    'upload hash states',
    paths.uploadHashStates(name, id, 'sha256'),
    `${root}/repositories/foo/bar/_uploads/${id}/hashstates/sha256`,
  ],
  [
    'upload hash states, of all algorithms',
    paths.uploadHashStates(name, id),
    `${root}/repositories/foo/bar/_uploads/${id}/hashstates`,
  ],
  ['access tokens signing key', paths.accessTokens.signingKey(), `${root}/_auth/signing-key`],
  ['access', paths.access(), `${root}/_auth`],
  ['blob folder', paths.blobFolder(sha256), `${root}/blobs/sha256/ab/${hex}`],
  ['blobs by', paths.blobsBy('sha512'), `${root}/blobs/sha512`],
  ['layers', paths.layers(name, 'sha512'), `${root}/repositories/foo/bar/_layers/sha512`],
  ['access tokens all', paths.accessTokens.all(), `${root}/_auth/tokens`],
  ['access tokens of user', paths.accessTokens.ofUser('ab'), `${root}/_auth/tokens/ab`],
  ['access tokens folder', paths.accessTokens.folder('ab', 'x1'), `${root}/_auth/tokens/ab/x1`],
  ['access tokens token', paths.accessTokens.token('ab', 'x1'), `${root}/_auth/tokens/ab/x1/token`],
  ['access tokens last use', paths.accessTokens.lastUse('ab', 'x1'), `${root}/_auth/tokens/ab/x1/last-use`],
  ['job last run', paths.jobLastRun('upload-purge'), `${root}/_jobs/upload-purge/last-run`],
  ['job last dry run', paths.jobLastDryRun('gc'), `${root}/_jobs/gc/last-dry-run`],
  ['job cancellation', paths.jobCancellation('gc'), `${root}/_jobs/gc/cancellation`],
  ['job checkpoint', paths.jobCheckpoint('upload-purge'), `${root}/_jobs/upload-purge/checkpoint`],
  ['uploads', paths.uploads(name), `${root}/repositories/foo/bar/_uploads`],
  ['upload startedat', paths.uploadStartedAt(name, id), `${root}/repositories/foo/bar/_uploads/${id}/startedat`],
];

const referrers = `${root}/repositories/foo/bar/_referrers/sha256/${hex}`;

const own: ReadonlyArray<readonly [string, string, string]> = [
  ['tag history of', paths.tagHistory.of(name), `${root}/repositories/foo/bar/_history`],
  ['tag history of tag', paths.tagHistory.ofTag(name, tag), `${root}/repositories/foo/bar/_history/V1.0`],
  ['tag history record', paths.tagHistory.record(name, tag, 'x'), `${root}/repositories/foo/bar/_history/V1.0/x`],
  ['all referrers', paths.allReferrers(name, sha256), referrers],
  ['referrers', paths.referrers(name, sha256, 'sha512'), `${referrers}/sha512`],
  ['referrer folder', paths.referrerFolder(name, sha256, sha512), `${referrers}/sha512/${longHex}`],
  ['quarantine', paths.quarantine('sha256'), `${root}/_quarantine/sha256`],
  ['quarantine folder', paths.quarantineFolder(sha256), `${root}/_quarantine/sha256/${hex}`],
  ['quarantine entry', paths.quarantineEntry(sha256, 'id'), `${root}/_quarantine/sha256/${hex}/id`],
  ['referrer descriptor', paths.referrerDescriptor(name, sha256, sha512), `${referrers}/sha512/${longHex}/descriptor`],
  ['copies parts', paths.copies.parts(), `${root}/_copy/parts`],
  ['copies part', paths.copies.part('1'), `${root}/_copy/parts/1`],
  ['copies readers', paths.copies.readers(), `${root}/_copy/readers`],
  ['copies reader', paths.copies.reader('1'), `${root}/_copy/readers/1`],
  ['copies access copied', paths.copies.accessCopied(), `${root}/_copy/access-copied`],
  ['copies unordered', paths.copies.unordered(name), `${root}/_copy/unordered/foo/bar/_until`],
  ['collections all', paths.collections.all(), `${root}/_jobs/gc/collections`],
  ['collections of', paths.collections.of('1'), `${root}/_jobs/gc/collections/1`],
  ['collections candidates', paths.collections.candidates('1'), `${root}/_jobs/gc/collections/1/candidates`],
  ['collections filter', paths.collections.filter('1'), `${root}/_jobs/gc/collections/1/filter`],
  ['collections kept marks', paths.collections.keptMarks('1'), `${root}/_jobs/gc/collections/1/kept`],
  [
    'collections kept marks by',
    paths.collections.keptMarksBy('1', 'sha256'),
    `${root}/_jobs/gc/collections/1/kept/sha256`,
  ],
  [
    'collections kept mark',
    paths.collections.keptMark('1', sha256),
    `${root}/_jobs/gc/collections/1/kept/sha256/${hex}`,
  ],
  ['collections change', paths.collections.change('1'), `${root}/_jobs/gc/collections/1/change`],
  ['collections change state', paths.collections.changeState('1', 'done'), `${root}/_jobs/gc/collections/1/done`],
  ['collections returned', paths.collections.returned('1'), `${root}/_jobs/gc/collections/1/returned`],
  ['collections ended changes', paths.collections.endedChanges(), `${root}/_jobs/repository-changes/ended`],
  ['collections ended change', paths.collections.endedChange('1'), `${root}/_jobs/repository-changes/ended/1`],
  ['doctor trials', paths.doctor.trials(), `${root}/_doctor/trials`],
  ['doctor trial', paths.doctor.trial('1'), `${root}/_doctor/trials/1`],
  ['doctor instances', paths.doctor.instances(), `${root}/_doctor/instances`],
  ['doctor instance', paths.doctor.instance('1'), `${root}/_doctor/instances/1`],
  ['collections asides', paths.collections.asides('1'), `${root}/_jobs/gc/collections/1/aside`],
  [
    'collections aside',
    paths.collections.aside('1', paths.blobData(sha256)),
    `${root}/_jobs/gc/collections/1/aside/blobs/sha256/ab/${hex}`,
  ],
  [
    'collections asides of',
    paths.collections.asidesOf('1', paths.layers(name)),
    `${root}/_jobs/gc/collections/1/aside/repositories/foo/bar/_layers`,
  ],
  [
    'collections remains of',
    paths.collections.remainsOf('1', paths.manifests(name)),
    `${root}/_jobs/gc/collections/1/aside/remains/repositories/foo/bar/_manifests`,
  ],
  ['collections untagged', paths.collections.untagged(), `${root}/_jobs/gc/untagged`],
  ['collections untagged of', paths.collections.untaggedOf(name), `${root}/_jobs/gc/untagged/foo/bar/_since`],
  ['all subjects', paths.allSubjects(name), `${root}/repositories/foo/bar/_referrers`],
  ['pulls all', paths.pulls.all(), `${root}/_pulls`],
  ['pulls recording', paths.pulls.recording(), `${root}/_pulls/recording`],
  ['pulls of', paths.pulls.of(name), `${root}/repositories/foo/bar/_pulls`],
  ['pulls file', paths.pulls.file(name, '2026-03-01-a'), `${root}/repositories/foo/bar/_pulls/2026-03-01-a`],
  ['trash all', paths.trash.all(), `${root}/_trash`],
  ['trash repositories', paths.trash.repositories(), `${root}/_trash/repositories`],
  ['trash deleted from', paths.trash.deletedFrom(name), `${root}/_trash/repositories/foo/bar/_deleted`],
  ['trash deleted', paths.trash.deleted(name, '1'), `${root}/_trash/repositories/foo/bar/_deleted/1`],
  ['trash all swept', paths.trash.allSwept(), `${root}/_trash/swept`],
  ['trash swept by', paths.trash.sweptBy('1'), `${root}/_trash/swept/1`],
  ['trash swept at', paths.trash.sweptAt('1'), `${root}/_trash/swept/1/swept-at`],
  ['trash swept', paths.trash.swept('1', paths.blobData(sha256)), `${root}/_trash/swept/1/blobs/sha256/ab/${hex}/data`],
];

for (const [what, path, exact] of own) {
  test(`${what} is stored where distribution does not look`, (t) => {
    t.is(path, exact);
    t.true(isStoragePath(path));
  });
}

for (const [what, path, exact] of expected) {
  test(`${what} is stored where distribution stores it`, (t) => {
    t.is(path, exact);
    t.true(isStoragePath(path));
  });
}

test('blobs whose digests begin alike are in one folder', (t) => {
  t.is<string, string>(paths.blobsBy('sha512', 'ab'), `${root}/blobs/sha512/ab`);
});

test('every path of the mapper and of its areas is listed above', (t) => {
  // The way back does not apply to other paths; `everythingOf` lists paths that others return, and two only tell paths apart.
  const ways = ['constructor', 'digestOfBlob', 'collections originalOf'];
  const others = [...ways, 'everythingOf', 'copies isContent', 'copies isActivity'];
  const areas = Object.entries(paths).map(([area, mapper]) => [`${area} `, mapper as object] as const);
  const methods = [['', paths] as const, ...areas].flatMap(([area, mapper]) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(mapper)).map((method) => `${area}${method}`),
  );
  t.true(areas.length >= 2);
  const words = (method: string) => method.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const listed = new Set([...expected, ...own].map(([what]) => what.replace('startedat', 'started at')));
  t.deepEqual(
    methods.filter((method) => !others.includes(method) && !/ constructor$/.test(method) && !listed.has(words(method))),
    [],
  );
});

test('content is what is below the folders of blobs and repositories, but for uploads and records of pulls', (t) => {
  const isContent = (path: string): boolean => paths.copies.isContent(`${root}${path}` as StoragePath);
  for (const path of ['/blobs', '/blobs/sha256/aa', '/repositories', '/repositories/a/b/_layers'])
    t.true(isContent(path), path);
  t.true(isContent('/repositories/a/_manifests/tags/_uploads/current/link'));
  for (const path of [
    '',
    '/blobsy',
    '/_trash/repositories/a',
    '/_copy/parts',
    '/repositories/a/b/_uploads/1',
    '/repositories/a/_pulls/1',
  ])
    t.false(isContent(path), path);
  t.false(paths.copies.isContent('/elsewhere/blobs' as StoragePath));
  t.true(paths.copies.isActivity(`${root}/repositories/a` as StoragePath, '_uploads'));
  t.false(paths.copies.isActivity(`${root}/repositories/a/_manifests/tags` as StoragePath, '_uploads'));
});

test('the entry of an algorithm is the first folder on the way to it', (t) => {
  for (const algorithm of ['sha256', 'sha512', 'tarsum+sha256', 'a.b_c']) {
    const below = paths.referrers(name, sha256, algorithm).slice(referrers.length + 1);
    t.is<string | undefined, string>(below.split('/')[0], algorithmEntry(algorithm));
  }
  t.is(algorithmEntry('tarsum+sha256'), 'tarsum');
});

test('the digest of a blob is read from its path, and from no other path', (t) => {
  t.is(paths.digestOfBlob(paths.blobData(sha256)), sha256);
  t.is(paths.digestOfBlob(paths.blobData(sha512)), sha512);
  for (const path of [
    ...[...expected, ...own].filter(([what]) => !what.startsWith('blob data')).map(([, path]) => path),
    `${root}/blobs/sha256/ba/${hex}/data`,
    `${root}/blobs/sha256/ab/${hex}`,
    `${root}/blobs/sha256/ab/${hex}/data/data`,
    `${root}/blobs/sha256/ab/${hex.slice(1)}/data`,
    `${root}/blobs/sha256/AB/${hex.toUpperCase()}/data`,
    `${root}/blobs/sha512/ab/${hex}/data`,
    `${root}/blobs/md5/ab/${hex}/data`,
    `/other${root}/blobs/sha256/ab/${hex}/data`,
    `/blobs/sha256/ab/${hex}/data`,
  ]) {
    t.is(paths.digestOfBlob(parseStoragePath(path)), undefined, path);
  }
});

test('another root moves every path', (t) => {
  const moved = new PathMapper('/root');
  t.is<string, string>(moved.blobData(sha256), `/root/blobs/sha256/ab/${hex}/data`);
  t.is<string, string>(moved.tagCurrentLink(name, tag), '/root/repositories/foo/bar/_manifests/tags/V1.0/current/link');
});

test('what a collection sets aside returns to the place where it was', (t) => {
  for (const path of [
    paths.blobData(sha256),
    paths.blobData(sha512),
    paths.layerLink(name, tarsum),
    paths.revisionLink(parseRepositoryName('blobs/blobs'), sha512),
    paths.signatureLink(name, sha512, sha256),
    parseStoragePath(`${paths.revisionFolder(name, sha256)}/other`),
    paths.revisionLink(parseRepositoryName('remains'), sha256),
  ])
    t.is(paths.collections.originalOf('1', paths.collections.aside('1', path)), path);
});

test('a signature that is set aside is not below what a collection makes of the link of its manifest', (t) => {
  const manifest = paths.collections.aside('1', paths.revisionLink(name, sha256));
  const signature = paths.collections.aside('1', paths.signatureLink(name, sha256, sha256));
  t.false(signature.startsWith(`${manifest}/`));
  t.true(signature.startsWith(paths.collections.remainsOf('1', paths.manifests(name))));
});
