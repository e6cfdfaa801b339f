import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { RegistryError, RegistryErrors } from '../../../../../core/model/errors.ts';
import { DOCKER_MANIFEST, OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../../core/model/media-types.ts';
import { parseTag } from '../../../../../core/model/reference.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  json,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../../helpers/content/registry-content.ts';
import { composeCore, STRICT_VALIDATION } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('foo/bar');
const OTHER = name('foo');
const CONFIG = Buffer.from('{"os":"linux"}');
const LAYER = Buffer.from('a layer');
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const DIGEST = digestOf(IMAGE);
const image = { bytes: IMAGE, contentType: OCI_IMAGE_MANIFEST };

eachDriver(
  'a manifest whose blobs exist is stored and returned by tag and by digest, byte for byte',
  async (t, driver) => {
    const { layers, manifests } = composeCore(driver);
    for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
    t.false(await manifests.exists(REPOSITORY, tagged('latest')));
    t.is((await manifests.put(REPOSITORY, tagged('latest'), image)).digest, DIGEST);
    for (const parts of [{ manifests }, composeCore(driver)]) {
      for (const at of [tagged('latest'), reference(DIGEST)]) {
        t.true(await parts.manifests.exists(REPOSITORY, at));
        t.deepEqual(await parts.manifests.get(REPOSITORY, at), {
          digest: DIGEST,
          mediaType: OCI_IMAGE_MANIFEST,
          bytes: IMAGE,
        });
      }
    }
  },
);

eachDriver('a manifest keeps its own spelling', async (t, driver) => {
  const bytes = Buffer.from(' {"manifests" : [ ],\n"schemaVersion":2 , "ünknown": 1e2}\n');
  await composeCore(driver).manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: OCI_IMAGE_INDEX });
  const got = await composeCore(driver).manifests.get(REPOSITORY, tagged('a'));
  t.deepEqual(got.bytes, bytes);
  t.is(got.mediaType, OCI_IMAGE_INDEX);
});

eachDriver('an unknown manifest is named in the error', async (t, driver) => {
  const { manifests } = composeCore(driver);
  for (const at of [tagged('latest'), reference(DIGEST)]) {
    for (const call of [() => manifests.get(REPOSITORY, at), () => manifests.delete(REPOSITORY, at)]) {
      const error = await t.throwsAsync<RegistryError>(async () => void (await call()), { instanceOf: RegistryError });
      t.is(error.code, 'MANIFEST_UNKNOWN');
      t.deepEqual(error.detail, { name: REPOSITORY, reference: at.kind === 'tag' ? 'latest' : DIGEST });
    }
    t.false(await manifests.exists(REPOSITORY, at));
  }
});

eachDriver('all faults of a manifest are reported in one error, and nothing is stored', async (t, driver) => {
  const { layers, manifests, driver: guarded, paths } = composeCore(driver);
  await pushBlob(layers, REPOSITORY, LAYER);
  await pushBlob(layers, OTHER, CONFIG);
  const missing = descriptorOf(Buffer.from('missing'));
  const bytes = imageManifest({
    config: descriptorOf(CONFIG),
    layers: [descriptorOf(LAYER), missing, { ...missing, size: -1 }, { ...missing, digest: 'sha256:x' }],
  });
  const error = await errorsOf(t, manifests.put(REPOSITORY, tagged('latest'), { bytes, contentType: undefined }));
  t.deepEqual(
    error.errors.map(({ code, detail }) => `${code} ${String(detail?.['at'])}`),
    [
      'MANIFEST_INVALID layers[2].size',
      'DIGEST_INVALID layers[3].digest',
      'MANIFEST_BLOB_UNKNOWN config',
      'MANIFEST_BLOB_UNKNOWN layers[1]',
    ],
  );
  t.is(error.errors[3]?.detail?.['digest'], missing.digest);
  t.is(await guarded.stat(paths.manifests(REPOSITORY)), undefined);
});

eachDriver('a manifest without layers and one with the same layer twice are stored', async (t, driver) => {
  const { layers, manifests } = composeCore(driver);
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  for (const chosen of [[], [descriptorOf(LAYER), descriptorOf(LAYER)]]) {
    const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: chosen });
    t.is((await manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined })).digest, digestOf(bytes));
  }
});

eachDriver('the children of an index must exist as manifests or blobs; its subject need not', async (t, driver) => {
  const { layers, manifests } = composeCore(driver);
  const child = json({ schemaVersion: 2, manifests: [] });
  const cache = Buffer.from('cache');
  const subject = descriptorOf(Buffer.from('far away'), OCI_IMAGE_MANIFEST);
  const bytes = json({
    schemaVersion: 2,
    mediaType: OCI_IMAGE_INDEX,
    manifests: [descriptorOf(child, OCI_IMAGE_INDEX), descriptorOf(cache)],
    subject,
  });
  const before = await errorsOf(t, manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined }));
  t.is(before.errors.length, 2);
  await manifests.put(REPOSITORY, reference(digestOf(child)), { bytes: child, contentType: OCI_IMAGE_INDEX });
  await pushBlob(layers, REPOSITORY, cache);
  t.is((await manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined })).digest, digestOf(bytes));
});

eachDriver('only the children for the configured platforms of an index must exist', async (t, driver) => {
  const platform = (architecture: string) => ({ platform: { architecture, os: 'linux' } });
  const missing = descriptorOf(Buffer.from('missing'), OCI_IMAGE_MANIFEST);
  const bytes = imageIndex([{ ...missing, ...platform('amd64') }, { ...missing, ...platform('arm64') }, missing]);
  const wanted = [platform('arm64').platform];
  const problems = { all: 3, list: 1, none: 0 };
  for (const platforms of ['all', 'list', 'none'] as const) {
    const { manifests } = composeCore(driver, { ...STRICT_VALIDATION, indexes: { platforms, platformList: wanted } });
    const put = manifests.put(REPOSITORY, tagged(platforms), { bytes, contentType: undefined });
    if (platforms === 'none') await t.notThrowsAsync(put);
    else t.is((await errorsOf(t, put)).errors.length, problems[platforms]);
  }
});

eachDriver('foreign layers need not exist, but their URLs must be allowed', async (t, driver) => {
  const type = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const urls = [
    'https://good.example/a',
    'https://bad.example/b',
    'ftp://good.example/c',
    'https://good.example/#d',
    'x',
  ];
  const foreign = { ...descriptorOf(Buffer.from('far away'), type), urls };
  const allow = { ...STRICT_VALIDATION, urls: { allow: [/good\.example/], deny: [/secret/] } };
  const { layers, manifests } = composeCore(driver, allow);
  await pushBlob(layers, REPOSITORY, CONFIG);
  const put = (layer: unknown) => {
    const bytes = json({ schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: descriptorOf(CONFIG), layers: [layer] });
    return manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: DOCKER_MANIFEST });
  };
  t.is((await errorsOf(t, put(foreign))).errors[0].detail?.['at'], 'layers[0].urls[1]');
  for (const [index, url] of urls.entries()) {
    if (index === 0) await t.notThrowsAsync(put({ ...foreign, urls: [url] }));
    else t.is((await errorsOf(t, put({ ...foreign, urls: [url] }))).errors[0].detail?.['at'], 'layers[0].urls[0]', url);
  }
  t.is((await errorsOf(t, put({ ...foreign, urls: ['https://good.example/secret'] }))).errors.length, 1);
});

eachDriver('without validation a manifest may name missing content, but its form must be valid', async (t, driver) => {
  const { manifests } = composeCore(driver, { ...STRICT_VALIDATION, enabled: false });
  await t.notThrowsAsync(manifests.put(REPOSITORY, tagged('a'), image));
  const bytes = imageManifest({ config: {}, layers: [] });
  await errorsOf(t, manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined }));
});

eachDriver('a manifest is put by the digest that its bytes have, and by no other', async (t, driver) => {
  const { manifests } = composeCore(driver);
  const index = { bytes: imageIndex([]), contentType: undefined };
  for (const algorithm of ['sha256', 'sha512']) {
    const digest = digestOf(index.bytes, algorithm);
    t.is((await manifests.put(REPOSITORY, reference(digest), index)).digest, digest);
    t.is((await manifests.get(REPOSITORY, reference(digest))).digest, digest);
    t.is((await composeCore(driver).manifests.get(REPOSITORY, reference(digest))).digest, digest);
  }
  const error = await t.throwsAsync(manifests.put(REPOSITORY, reference(DIGEST), index), { instanceOf: RegistryError });
  t.is(error.code, 'DIGEST_INVALID');
  t.deepEqual(error.detail, { digest: DIGEST, computed: digestOf(index.bytes) });
});

eachDriver('a manifest is put under several tags at once, the bytes first and once', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { manifests, tagStore, paths } = composeCore(counting);
  const digest = digestOf(imageIndex([]), 'sha512');
  const tags = ['a', 'b'].map(parseTag);
  await manifests.put(REPOSITORY, reference(digest), { bytes: imageIndex([]), contentType: undefined, tags });
  for (const tag of tags) t.is(await tagStore.get(REPOSITORY, tag), digest);
  const writes = counting.sites.filter(({ call }) => call === 'write').map(({ path }) => path);
  t.deepEqual(writes.slice(0, 2), [paths.blobData(digest), paths.revisionLink(REPOSITORY, digest)]);
  // The tags are set at the same time, each in its own order.
  const ofTags = writes.slice(2);
  for (const tag of tags) {
    const own = [paths.tagCurrentLink(REPOSITORY, tag), paths.tagIndexLink(REPOSITORY, tag, digest)];
    t.deepEqual(
      ofTags.filter((path) => own.includes(path)),
      own,
    );
  }
  t.is(ofTags.length, 2 * tags.length);
});

eachDriver(
  'a manifest in memory costs two calls by tag and one by digest, because its existence is checked',
  async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { manifests, tagStore, paths } = composeCore(counting);
    const tag = parseTag('a');
    const digest = digestOf(imageIndex([]));
    await tagStore.set(REPOSITORY, tag, digest);
    await manifests.put(REPOSITORY, reference(digest), { bytes: imageIndex([]), contentType: undefined });
    counting.reset();
    await manifests.get(REPOSITORY, reference(digest));
    await manifests.exists(REPOSITORY, reference(digest));
    await manifests.get(REPOSITORY, tagged('a'));
    const link = paths.revisionLink(REPOSITORY, digest);
    t.deepEqual(
      counting.sites.map(({ path }) => path),
      [link, link, paths.tagCurrentLink(REPOSITORY, tag), link],
    );
  },
);

eachDriver('a manifest that is not in memory costs one more call, once', async (t, driver) => {
  await composeCore(driver).manifests.put(REPOSITORY, tagged('a'), { bytes: imageIndex([]), contentType: undefined });
  const counting = new CountingDriver(driver);
  const { manifests } = composeCore(counting);
  await manifests.get(REPOSITORY, tagged('a'));
  t.is(counting.count(), 3);
  counting.reset();
  await manifests.get(REPOSITORY, tagged('a'));
  t.is(counting.count(), 2);
});

eachDriver('a manifest in memory for one repository is unknown in another', async (t, driver) => {
  const { manifests } = composeCore(driver);
  const { digest } = await manifests.put(OTHER, tagged('a'), { bytes: imageIndex([]), contentType: undefined });
  t.false(await manifests.exists(REPOSITORY, reference(digest)));
  await t.throwsAsync(manifests.get(REPOSITORY, reference(digest)), {
    instanceOf: RegistryError,
    message: /MANIFEST_UNKNOWN/,
  });
});

eachDriver('a tag that another process has moved is followed at once', async (t, driver) => {
  const [here, there] = [composeCore(driver), composeCore(driver)];
  await here.manifests.put(REPOSITORY, tagged('a'), { bytes: imageIndex([]), contentType: undefined });
  await here.manifests.get(REPOSITORY, tagged('a'));
  const moved = json({ schemaVersion: 2, manifests: [], new: true });
  await there.manifests.put(REPOSITORY, tagged('a'), { bytes: moved, contentType: undefined });
  t.deepEqual((await here.manifests.get(REPOSITORY, tagged('a'))).bytes, moved);
});

async function errorsOf(t: ExecutionContext, put: Promise<unknown>): Promise<RegistryErrors> {
  return t.throwsAsync(put, { instanceOf: RegistryErrors });
}
