import test, { type ExecutionContext } from 'ava';
import { MANIFEST_MEDIA_TYPES } from '../../../../core/manifests/formats/index.ts';
import { type Manifest, parseManifest } from '../../../../core/manifests/manifest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from '../../../../core/model/media-types.ts';
import { descriptorOf, imageIndex, imageManifest, json } from '../../../helpers/content/registry-content.ts';

const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const EMPTY = { ...descriptorOf(Buffer.from('{}'), EMPTY_TYPE), data: 'e30=' };
const CONFIG = descriptorOf(Buffer.from('{"os":"linux"}'), 'application/vnd.oci.image.config.v1+json');
const LAYER = descriptorOf(Buffer.from('layer'), 'application/vnd.oci.image.layer.v1.tar+gzip');
const CHILD = {
  ...descriptorOf(Buffer.from('child'), OCI_IMAGE_MANIFEST),
  platform: { architecture: 'amd64', os: 'linux' },
};

test('an OCI image names its config, then its layers, as blobs', (t) => {
  const manifest = parseManifest(imageManifest({ config: CONFIG, layers: [LAYER, LAYER] }), OCI_IMAGE_MANIFEST);
  t.is(manifest.mediaType, OCI_IMAGE_MANIFEST);
  t.deepEqual(placesOf(manifest), ['config blob', 'layers[0] blob', 'layers[1] blob']);
  t.is(manifest.references[1]?.descriptor.digest, LAYER.digest);
  t.is(manifest.artifactType, CONFIG.mediaType);
  t.deepEqual(manifest.problems, []);
});

test('an image without layers is an image', (t) => {
  t.deepEqual(placesOf(parseManifest(imageManifest({ config: EMPTY, layers: [] }), undefined)), ['config blob']);
});

test('an artifact with the empty config and layers of unknown type is an image manifest', (t) => {
  const layer = descriptorOf(Buffer.from('sbom'), 'text/spdx');
  const document = imageManifest({ config: EMPTY, layers: [layer], artifactType: 'application/vnd.example.sbom' });
  const manifest = parseManifest(document, OCI_IMAGE_MANIFEST);
  t.is(manifest.artifactType, 'application/vnd.example.sbom');
  t.deepEqual(placesOf(manifest), ['config blob', 'layers[0] blob']);
});

test('a config of any type names an artifact type', (t) => {
  const config = descriptorOf(Buffer.from('x'), 'application/vnd.cncf.helm.config.v1+json');
  t.is(parseManifest(imageManifest({ config, layers: [] }), undefined).artifactType, config.mediaType);
});

test('the subject and the annotations are read, and the subject does not count as a reference', (t) => {
  const annotations = { 'org.example.a': '1' };
  const manifest = parseManifest(imageManifest({ config: EMPTY, layers: [], subject: CHILD, annotations }), undefined);
  t.is(manifest.subject?.digest, CHILD.digest);
  t.deepEqual(manifest.annotations, annotations);
  t.is(manifest.references.length, 1);
});

test('an index names its children, whatever they are', (t) => {
  const other = descriptorOf(Buffer.from('cache'), 'application/vnd.buildkit.cacheconfig.v0');
  const manifest = parseManifest(imageIndex([CHILD, other]), OCI_IMAGE_INDEX);
  t.is(manifest.mediaType, OCI_IMAGE_INDEX);
  t.deepEqual(placesOf(manifest), ['manifests[0] child', 'manifests[1] child']);
  t.deepEqual(manifest.references[0]?.descriptor.platform, CHILD.platform);
  t.is(manifest.artifactType, undefined);
});

test('an index may be empty', (t) => {
  t.deepEqual(parseManifest(imageIndex([]), OCI_IMAGE_INDEX).references, []);
});

test('Docker schema 2 and its list are read like their OCI twins', (t) => {
  const image = json({ schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: CONFIG, layers: [LAYER] });
  t.deepEqual(placesOf(parseManifest(image, DOCKER_MANIFEST)), ['config blob', 'layers[0] blob']);
  const list = json({ schemaVersion: 2, mediaType: DOCKER_MANIFEST_LIST, manifests: [CHILD] });
  t.deepEqual(placesOf(parseManifest(list, DOCKER_MANIFEST_LIST)), ['manifests[0] child']);
});

for (const type of [
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
]) {
  test(`a layer of type ${type} is foreign`, (t) => {
    const layer = { ...LAYER, mediaType: type, urls: ['https://example.com/x'] };
    t.deepEqual(placesOf(parseManifest(imageManifest({ config: CONFIG, layers: [layer] }), undefined)), [
      'config blob',
      'layers[0] external',
    ]);
  });
}

test('a foreign layer without URLs must be stored here', (t) => {
  const type = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  for (const urls of [undefined, null, []]) {
    const layer = { ...LAYER, mediaType: type, urls };
    t.is(parseManifest(imageManifest({ config: CONFIG, layers: [layer] }), undefined).references[1]?.role, 'blob');
  }
});

test('the config is never foreign', (t) => {
  const type = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const config = { ...CONFIG, mediaType: type, urls: ['https://example.com/x'] };
  t.is(parseManifest(imageManifest({ config, layers: [] }), undefined).references[0]?.role, 'blob');
});

test('the Content-Type is compared without regard to case', (t) => {
  const bytes = imageManifest({ config: CONFIG, layers: [] });
  t.is(parseManifest(bytes, OCI_IMAGE_MANIFEST.toUpperCase()).mediaType, OCI_IMAGE_MANIFEST);
});

test('without a media type the shape decides', (t) => {
  t.is(parseManifest(json({ schemaVersion: 2, manifests: [] }), undefined).mediaType, OCI_IMAGE_INDEX);
  t.is(parseManifest(json({ schemaVersion: 2, config: CONFIG, layers: [] }), undefined).mediaType, OCI_IMAGE_MANIFEST);
});

test('without a Content-Type the document decides', (t) => {
  for (const contentType of [undefined, '', 'application/json']) {
    const image = json({ schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: CONFIG, layers: [] });
    t.is(parseManifest(image, contentType).mediaType, DOCKER_MANIFEST);
  }
});

test('an OCI document may leave its media type to the Content-Type, or leave it empty', (t) => {
  for (const document of [{}, { mediaType: '' }]) {
    const image = json({ schemaVersion: 2, config: CONFIG, layers: [], ...document });
    t.is(parseManifest(image, OCI_IMAGE_MANIFEST).mediaType, OCI_IMAGE_MANIFEST);
    t.is(
      parseManifest(json({ schemaVersion: 2, manifests: [], ...document }), OCI_IMAGE_INDEX).mediaType,
      OCI_IMAGE_INDEX,
    );
  }
});

test('a Docker document must carry its media type', (t) => {
  refused(t, json({ schemaVersion: 2, config: CONFIG, layers: [] }), { at: 'mediaType', contentType: DOCKER_MANIFEST });
  refused(t, json({ schemaVersion: 2, manifests: [] }), { at: 'mediaType', contentType: DOCKER_MANIFEST_LIST });
});

for (const declared of MANIFEST_MEDIA_TYPES) {
  for (const given of MANIFEST_MEDIA_TYPES.filter((type) => type !== declared)) {
    test(`a ${declared} that is pushed as ${given} is refused`, (t) => {
      const isIndex = declared === OCI_IMAGE_INDEX || declared === DOCKER_MANIFEST_LIST;
      const parts = isIndex ? { manifests: [] } : { config: CONFIG, layers: [] };
      refused(t, json({ schemaVersion: 2, mediaType: declared, ...parts }), { contentType: given });
    });
  }
}

for (const type of ['application/vnd.oci.image.config.v1+json', 'text/plain', 'x', `a/${'b'.repeat(1000)}`]) {
  test(`a ${type.slice(0, 40)} is no manifest`, (t) => {
    const bytes = json({ schemaVersion: 2, config: CONFIG, layers: [] });
    t.regex(refused(t, bytes, { contentType: type }).message, /must be one of/);
    refused(t, json({ schemaVersion: 2, mediaType: type, config: CONFIG, layers: [] }), {});
  });
}

const ambiguous: Readonly<Record<string, readonly [string, object]>> = {
  'an image with children': ['manifests', { config: CONFIG, layers: [], manifests: [] }],
  'an image with layers of schema 1': ['fsLayers', { config: CONFIG, layers: [], fsLayers: [] }],
  'an index with a config': ['config', { manifests: [], config: CONFIG }],
  'an index with layers': ['layers', { manifests: [], layers: [] }],
  'an index with layers of schema 1': ['fsLayers', { manifests: [], fsLayers: [] }],
};

for (const [what, [at, parts]] of Object.entries(ambiguous)) {
  test(`${what} is ambiguous and is refused`, (t) => {
    const mediaType = what.startsWith('an image') ? OCI_IMAGE_MANIFEST : OCI_IMAGE_INDEX;
    refused(t, json({ schemaVersion: 2, ...parts }), { at, contentType: mediaType });
    refused(t, json({ schemaVersion: 2, mediaType, ...parts }), { at });
  });
}

// Go folds the long s into an s.
for (const field of [
  'Manifests',
  'LAYERS',
  'Subject',
  'mediatype',
  'fslayers',
  'SchemaVersion',
  'manifeſts',
  'ſubject',
]) {
  test(`a field ${field}, which Go clients would read as the real one, is refused`, (t) => {
    refused(t, imageManifest({ config: CONFIG, layers: [], [field]: [] }), { at: field });
  });
}

test('other unknown fields are allowed, even those named like inherited properties', (t) => {
  const text = `{"schemaVersion":2,"__proto__":{"manifests":[]},"constructor":1,"history":[],"config":${JSON.stringify(CONFIG)},"layers":[]}`;
  t.is(parseManifest(Buffer.from(text), undefined).mediaType, OCI_IMAGE_MANIFEST);
});

function placesOf({ references }: Manifest): string[] {
  return references.map(({ at, role }) => `${at} ${role}`);
}

function refused(
  t: ExecutionContext,
  bytes: Buffer,
  { at, contentType }: { at?: string; contentType?: string },
): RegistryError {
  const error = t.throws(() => parseManifest(bytes, contentType), { instanceOf: RegistryError });
  t.is(error.code, 'MANIFEST_INVALID');
  t.is(error.detail?.['at'], at ?? error.detail?.['at']);
  t.true(error.message.length < 2000);
  return error;
}
