import { digestOf, OCI_MANIFEST } from '../http/with-registry.ts';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const NON_DISTRIBUTABLE = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';

type Json = Readonly<Record<string, unknown>>;

/** A manifest as a client sends it: its Content-Type and its bytes. */
export interface Sent {
  readonly type: string;
  readonly body: Buffer;
}

/** The blobs that the documents name; tests push these first. */
export const BLOBS = ['{}', 'layer'] as const;

const part = (mediaType: string, text: string): Json => ({ mediaType, digest: digestOf(text), size: text.length });
const CONFIG = part('application/vnd.oci.image.config.v1+json', BLOBS[0]);
const LAYER = part('application/vnd.oci.image.layer.v1.tar+gzip', BLOBS[1]);
const ABSENT = { ...LAYER, digest: digestOf('absent'), size: 6 };
const URLS = ['https://example.com/layer'];

/** The child that the indexes name; tests push it by its digest, after the blobs. */
export const CHILD: Sent = {
  type: OCI_MANIFEST,
  body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: CONFIG, layers: [] })),
};
const LISTED = {
  mediaType: OCI_MANIFEST,
  digest: digestOf(CHILD.body),
  size: CHILD.body.length,
  platform: { architecture: 'amd64', os: 'linux' },
};

const sent = (type: string, document: string | Json): Sent => ({
  type,
  body: Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)),
});
const image = (fields: Json = {}, type = OCI_MANIFEST): Sent =>
  sent(type, { schemaVersion: 2, mediaType: type, config: CONFIG, layers: [LAYER], ...fields });
const index = (fields: Json = {}, type = OCI_INDEX): Sent =>
  sent(type, { schemaVersion: 2, mediaType: type, manifests: [LISTED], ...fields });
const layer = (fields: Json, type = OCI_MANIFEST): Sent => image({ layers: [{ ...LAYER, ...fields }] }, type);
const config = (fields: Json, type = OCI_MANIFEST): Sent => image({ config: { ...CONFIG, ...fields } }, type);
const child = (fields: Json, type = OCI_INDEX): Sent => index({ manifests: [{ ...LISTED, ...fields }] }, type);
const platform = (fields: Json, type = OCI_INDEX): Sent => child({ platform: { ...LISTED.platform, ...fields } }, type);
const respelt = ({ type, body }: Sent, from: string, to: string): Sent =>
  sent(
    type,
    body.toString().replace(from, () => to),
  );
const sized = (size: string): Sent => respelt(image(), '"size":5', `"size":${size}`);
const extended = (text: string): Sent => respelt(CHILD, '"layers":[]', `"layers":[],"x":${text}`);
const nested = (depth: number): Sent => extended(`${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`);

/** A document with each field `null` and absent, one at a time. */
function withoutEach(what: string, fields: readonly string[], build: (fields: Json) => Sent): Record<string, Sent> {
  return Object.fromEntries(
    fields.flatMap((field) => [
      [`${what} with ${field} null`, build({ [field]: null })],
      [`${what} without ${field}`, build({ [field]: undefined })],
    ]),
  );
}

/** Documents that distribution 2.8.2, 3.1.2 and Stowage accept. */
export const TAKEN: Readonly<Record<string, Sent>> = {
  'an image': image(),
  'an index': index(),
  'an image of Docker': image({}, DOCKER_MANIFEST),
  'a list of Docker': index({}, DOCKER_LIST),
  ...withoutEach('an image', ['layers', 'annotations', 'subject', 'artifactType', 'mediaType'], image),
  ...withoutEach('an index', ['manifests', 'annotations', 'subject', 'artifactType', 'mediaType'], index),
  ...withoutEach('an image of Docker', ['layers'], (fields) => image(fields, DOCKER_MANIFEST)),
  ...withoutEach('a list of Docker', ['manifests'], (fields) => index(fields, DOCKER_LIST)),
  ...withoutEach('a layer', ['mediaType', 'size', 'urls', 'annotations', 'artifactType', 'data', 'platform'], layer),
  ...withoutEach('a config', ['mediaType', 'size', 'urls', 'annotations', 'artifactType', 'data', 'platform'], config),
  ...withoutEach('a child', ['mediaType', 'size', 'urls', 'annotations', 'artifactType', 'platform'], child),
  ...withoutEach('a platform', ['os', 'architecture', 'os.version', 'os.features', 'variant', 'features'], platform),
  ...withoutEach('a layer of Docker', ['mediaType', 'size', 'urls'], (fields) => layer(fields, DOCKER_MANIFEST)),
  ...withoutEach('a config of Docker', ['mediaType', 'size'], (fields) => config(fields, DOCKER_MANIFEST)),
  ...withoutEach('a child in a list of Docker', ['mediaType', 'size', 'platform'], (fields) =>
    child(fields, DOCKER_LIST),
  ),
  'an empty index without mediaType': sent(OCI_INDEX, { schemaVersion: 2, manifests: null }),
  'an image with manifests null': image({ manifests: null }),
  'an image of Docker with manifests null': image({ manifests: null }, DOCKER_MANIFEST),
  'an image with fsLayers null': image({ fsLayers: null }),
  'an index with config null': index({ config: null }),
  'an index with layers null': index({ layers: null }),
  'an index with fsLayers null': index({ fsLayers: null }),
  'an image with an empty subject': image({ subject: {} }),
  'an image with a subject that is not there': image({ subject: { ...LISTED, digest: digestOf('nothing') } }),
  'an image with an annotation null': image({ annotations: { a: null } }),
  'an index with an annotation null': index({ annotations: { a: null } }),
  'a layer with an annotation null': layer({ annotations: { a: null } }),
  'a child with null for a URL': child({ urls: [null] }),
  'a config with null for a URL': config({ urls: [null] }),
  'an artifact with null for a URL': layer({ mediaType: 'a/b', urls: [null] }),
  'a layer with no URLs': layer({ urls: [] }),
  'a layer with URLs': layer({ urls: URLS }),
  'an empty platform': child({ platform: {} }),
  'a platform with null for a feature': platform({ 'os.features': [null] }),
  'an empty artifact type': image({ artifactType: '' }),
  'an artifact type without slash': image({ artifactType: 'foo' }),
  'an artifact type with a parameter': image({ artifactType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }),
  'an artifact type of 500 characters': image({ artifactType: `a/${'b'.repeat(500)}` }),
  'a layer of an empty type': layer({ mediaType: '' }),
  'a layer of a type without slash': layer({ mediaType: 'foo' }),
  'a layer of a type with a parameter': layer({ mediaType: 'text/plain; charset=utf-8' }),
  'a layer of a type of 300 characters': layer({ mediaType: `a/${'b'.repeat(300)}` }),
  'a layer of a type with a line break': layer({ mediaType: 'a/b\n' }),
  'a layer of Docker of an unknown type': layer({ mediaType: 'a/b' }, DOCKER_MANIFEST),
  'a layer with an artifact type without slash': layer({ artifactType: 'foo' }),
  'a child of a type without slash': child({ mediaType: 'x' }),
  'a config of a type without slash': config({ mediaType: 'x' }),
  'a layer with empty data': layer({ data: '' }),
  'a layer with its data': layer({ data: 'bGF5ZXI=' }),
  'a layer with its data in two lines': layer({ data: 'bGF5\nZXI=' }),
  'a layer of size 0': layer({ size: 0 }),
  'a layer of size -0': sized('-0'),
  'a layer of a wrong size': layer({ size: 6 }),
  'a child of a wrong size': child({ size: 1 }),
  'an external layer': layer({ ...ABSENT, mediaType: NON_DISTRIBUTABLE, urls: URLS }),
  'a foreign layer of Docker': layer({ ...ABSENT, mediaType: FOREIGN, urls: URLS }, DOCKER_MANIFEST),
  'a foreign layer without URLs that is here': layer({ mediaType: FOREIGN }),
  'an external layer without URLs that is here': layer({ mediaType: NON_DISTRIBUTABLE }),
  'null and then a list of layers': respelt(image(), '"layers":', '"layers":null,"layers":'),
  'a list of layers and then null': respelt(image(), '"config":', '"layers":[],"config":'),
  'a type of content with a parameter': { ...image(), type: `${OCI_MANIFEST}; charset=utf-8` },
  'a type of content in capitals': { ...image(), type: OCI_MANIFEST.toUpperCase() },
  'blanks around the document': respelt(respelt(CHILD, '{', '\n {'), '"layers":[]}', '"layers":[]}\n\n'),
  'numbers of all kinds in unused fields': extended('[1.5,1e400,-0.0,1E-3]'),
  'half a surrogate, escaped': extended('"\\ud800"'),
  'nesting as deep as Go reads': nested(10_000),
};

/** Documents that all three refuse. */
export const REFUSED: Readonly<Record<string, Sent>> = {
  ...withoutEach('an image', ['config', 'schemaVersion'], image),
  ...withoutEach('an index', ['schemaVersion'], index),
  ...withoutEach('an image of Docker', ['config', 'schemaVersion', 'mediaType'], (fields) =>
    image(fields, DOCKER_MANIFEST),
  ),
  ...withoutEach('a list of Docker', ['schemaVersion', 'mediaType'], (fields) => index(fields, DOCKER_LIST)),
  ...withoutEach('a layer', ['digest'], layer),
  ...withoutEach('a child', ['digest'], child),
  'an empty config': image({ config: {} }),
  'a number for a config': image({ config: 7 }),
  'an object for layers': image({ layers: {} }),
  'a text for layers': image({ layers: '' }),
  'null for a layer': image({ layers: [null] }),
  'an empty layer': image({ layers: [{}] }),
  'a number for a layer': image({ layers: [1] }),
  'null for a child': index({ manifests: [null] }),
  'an empty child': index({ manifests: [{}] }),
  'a number for a child': index({ manifests: [1] }),
  'an empty mediaType of Docker': image({ mediaType: '' }, DOCKER_MANIFEST),
  'a number for the mediaType': image({ mediaType: 1 }),
  'a mediaType in capitals': image({ mediaType: OCI_MANIFEST.toUpperCase() }),
  'a list for annotations': image({ annotations: [] }),
  'a number for an annotation': image({ annotations: { a: 1 } }),
  'a list for the annotations of a layer': layer({ annotations: [] }),
  'a number for an annotation of a layer': layer({ annotations: { a: 1 } }),
  'a number for the type of a layer': layer({ mediaType: 1 }),
  'schema version 1': image({ schemaVersion: 1 }),
  'schema version 3': image({ schemaVersion: 3 }),
  'schema version 0 of an index': index({ schemaVersion: 0 }),
  'a text for the schema version': image({ schemaVersion: '2' }),
  'schema version 2.0': respelt(image(), '"schemaVersion":2', '"schemaVersion":2.0'),
  'schema version 2e0': respelt(image(), '"schemaVersion":2', '"schemaVersion":2e0'),
  'schema version 2.0 of an index': respelt(index(), '"schemaVersion":2', '"schemaVersion":2.0'),
  'a text for a size': layer({ size: '5' }),
  'a size of 5.0': sized('5.0'),
  'a size of 5e0': sized('5e0'),
  'a size of 1e3': sized('1e3'),
  'a size of 5.5': sized('5.5'),
  'a size of 2^63': sized('9223372036854775808'),
  'a size of 30 digits': sized('1'.repeat(30)),
  'a size of 1e400': sized('1e400'),
  'an empty digest': layer({ digest: '' }),
  'a malformed digest': layer({ digest: 'foo' }),
  'a number for a digest': layer({ digest: 1 }),
  'a malformed digest of a child': child({ digest: 'foo' }),
  'a text for URLs': layer({ urls: 'x' }),
  'a number for a URL': layer({ urls: [1] }),
  'an object for URLs': layer({ urls: {} }),
  'a number for a platform': layer({ platform: 1 }),
  'a list for a platform': child({ platform: [] }),
  'a text for a platform': child({ platform: 'linux' }),
  'a number for an operating system': platform({ os: 1 }),
  'a number for a version of an operating system': platform({ 'os.version': 1 }),
  'a text for features of an operating system': platform({ 'os.features': 'x' }),
  'a number for a variant': platform({ variant: 1 }),
  'a text for features in a list of Docker': platform({ features: 'x' }, DOCKER_LIST),
  'an image with a list of manifests': image({ manifests: [] }),
  'an index with an empty config': index({ config: {} }),
  'an index with a config': index({ config: CONFIG }),
  'an index with an empty list of layers': index({ layers: [] }),
  'an index with layers': index({ layers: [LAYER] }),
  'a digest spelt twice, in two cases': layer({ Digest: 'foo' }),
  'a byte order mark': respelt(CHILD, '{', '\ufeff{'),
  'trailing text after the document': respelt(CHILD, '"layers":[]}', '"layers":[]}x'),
  'a zero byte after the document': respelt(CHILD, '"layers":[]}', '"layers":[]}\0'),
  'a tabulator in a text': extended('"a\tb"'),
  'nesting deeper than Go reads': nested(10_001),
  'nesting of 20 000': nested(20_000),
  'null as a document': sent(OCI_MANIFEST, 'null'),
  'a list as a document': sent(OCI_MANIFEST, '[]'),
  'an empty document': sent(OCI_MANIFEST, '{}'),
  'a config that is not here': config({ digest: digestOf('absent') }),
  'a layer that is not here': layer(ABSENT),
  'a child that is not here': child({ digest: digestOf('absent') }),
  'a foreign layer without URLs': layer({ ...ABSENT, mediaType: FOREIGN }),
  'a foreign layer with no URLs': layer({ ...ABSENT, mediaType: FOREIGN, urls: [] }),
  'a foreign layer of Docker without URLs': layer({ ...ABSENT, mediaType: FOREIGN }, DOCKER_MANIFEST),
  'an external layer without URLs': layer({ ...ABSENT, mediaType: NON_DISTRIBUTABLE }),
  'an external layer of zstd without URLs': layer({
    ...ABSENT,
    mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  }),
  'content of no manifest': { ...image(), type: 'text/plain' },
  'content of unknown type': { ...image(), type: 'application/octet-stream' },
};

/** Documents that both releases accept and Stowage refuses, by reason. */
export const REFUSED_HERE: Readonly<Record<string, Readonly<Record<string, Sent>>>> = {
  'no client that knows subjects and artifact types reads it': {
    'a text for a subject': image({ subject: 'x' }),
    'a number for the subject of an index': index({ subject: 1 }),
    'a subject with a malformed digest': image({ subject: { ...LISTED, digest: 'foo' } }),
    'a number for an artifact type': image({ artifactType: 1 }),
    'a number for the artifact type of an index': index({ artifactType: 1 }),
  },
  'no content has such a size': {
    'a layer of size -1': layer({ size: -1 }),
    'a child of size -1': child({ size: -1 }),
    'a layer of 2^53 bytes': sized('9007199254740992'),
    'a layer of 2^63 - 1 bytes': sized('9223372036854775807'),
  },
  'two clients would read two manifests': {
    'layers in two cases': image({ Layers: [] }),
    'a mediaType that is spelt MediaType': respelt(image(), '"mediaType"', '"MediaType"'),
    'two configs': respelt(image(), '"layers":', '"config":{"size":2},"layers":'),
    'a config and then null': respelt(image(), '"layers":', '"config":null,"layers":'),
    'data that is other content': layer({ data: 'AAAA' }),
    'a list of numbers as data': layer({ data: [...Buffer.from('layer')] }),
    'an image with layers of schema 1': image({ fsLayers: [] }),
    'an index with layers of schema 1': index({ fsLayers: [] }),
    'an image of Docker with a list of manifests': image({ manifests: [] }, DOCKER_MANIFEST),
    'a list of Docker with a config': index({ config: CONFIG }, DOCKER_LIST),
    'a list of Docker with an empty list of layers': index({ layers: [] }, DOCKER_LIST),
    'a text that is not UTF-8': {
      type: OCI_MANIFEST,
      body: Buffer.from(extended('"\u00ff"').body.toString(), 'latin1'),
    },
  },
  'it would be served as an image': {
    'an index without mediaType and manifests': sent(OCI_INDEX, { schemaVersion: 2 }),
  },
};

/** Documents that both releases refuse and Stowage accepts, by reason. */
export const TAKEN_HERE: Readonly<Record<string, Readonly<Record<string, Sent>>>> = {
  'a URL beside a layer that is here is only stored': {
    'a layer with null for a URL': layer({ urls: [null] }),
    'a layer with an empty URL': layer({ urls: [''] }),
    'a layer with a URL of ftp': layer({ urls: ['ftp://example.com/'] }),
  },
  'it can be pulled from here': {
    'a foreign layer of Docker without URLs that is here': layer({ mediaType: FOREIGN }, DOCKER_MANIFEST),
  },
  'the document says what it is': { 'content of type JSON': { ...image(), type: 'application/json' } },
};
