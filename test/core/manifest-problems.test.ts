import { inspect } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { RegistryError, RegistryErrors } from '../../core/errors.ts';
import { parseManifest } from '../../core/manifest.ts';
import { descriptorOf, imageIndex, imageManifest, json } from '../helpers/registry-content.ts';

const CONFIG = descriptorOf(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json');
const LAYER = descriptorOf(Buffer.from('layer'), 'application/vnd.oci.image.layer.v1.tar');

test('every invalid descriptor is reported at once with its place, and the good ones are kept', (t) => {
  const layers = [LAYER, { ...LAYER, digest: 'foo' }, { ...LAYER, size: -1 }, null, LAYER];
  const parts = { config: { ...CONFIG, mediaType: 'x' }, layers, subject: 1, artifactType: 'x', annotations: { a: 1 } };
  const { problems, references } = parseManifest(imageManifest(parts), undefined);
  t.deepEqual(
    problems.map(({ code, detail }) => `${code} ${String(detail?.['at'])}`),
    [
      'MANIFEST_INVALID config.mediaType',
      'DIGEST_INVALID layers[1].digest',
      'MANIFEST_INVALID layers[2].size',
      'MANIFEST_INVALID layers[3]',
      'MANIFEST_INVALID subject',
      'MANIFEST_INVALID artifactType',
      'MANIFEST_INVALID annotations["a"]',
    ],
  );
  t.deepEqual(
    references.map(({ at }) => at),
    ['layers[0]', 'layers[4]'],
  );
});

test('every invalid child of an index is reported at once with its place', (t) => {
  const { problems } = parseManifest(imageIndex([{}, LAYER, { ...LAYER, platform: {} }]), undefined);
  t.deepEqual(
    problems.map(({ detail }) => detail?.['at']),
    ['manifests[0].mediaType', 'manifests[2].platform'],
  );
});

test('a missing config is a problem at its place', (t) => {
  const { problems } = parseManifest(json({ schemaVersion: 2, layers: [] }), undefined);
  t.deepEqual(
    problems.map(({ detail }) => detail?.['at']),
    ['config'],
  );
});

test('of a flood of invalid descriptors only the first are reported, so that it costs next to nothing', (t) => {
  const count = 200_000;
  const bytes = Buffer.from(`{"schemaVersion":2,"config":0,"layers":[${'0,'.repeat(count - 1)}0]}`);
  const error = t.throws(() => parseManifest(bytes, undefined), { instanceOf: RegistryErrors });
  t.is(error.code, 'MANIFEST_INVALID');
  t.true(error.errors.length <= 1000, `${error.errors.length} errors`);
  t.is(error.errors[1]?.detail?.['at'], 'layers[0]');
});

test('a manifest of ten thousand layers is read whole', (t) => {
  const layers = Array.from({ length: 10_000 }, () => LAYER);
  t.is(parseManifest(imageManifest({ config: CONFIG, layers }), undefined).references.length, 10_001);
});

for (const field of ['layers', 'manifests']) {
  for (const value of [null, {}, 'text', 1]) {
    test(`${field} must not be ${JSON.stringify(value)}`, (t) => {
      refused(json({ schemaVersion: 2, config: CONFIG, [field]: value }), t, field === 'layers' ? 'layers' : undefined);
    });
  }
}

test('an image without a list of layers is refused', (t) => {
  refused(json({ schemaVersion: 2, config: CONFIG }), t, 'layers');
});

for (const schemaVersion of [undefined, null, 0, 3, '2', 2.5]) {
  test(`schemaVersion must not be ${inspect(schemaVersion)}`, (t) => {
    refused(json({ schemaVersion, config: CONFIG, layers: [] }), t, 'schemaVersion');
  });
}

test('schema 1 is refused with the advice what to push', (t) => {
  const document = json({ schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [], history: [], signatures: [] });
  t.regex(refused(document, t, 'schemaVersion').message, /push schema 2 or OCI/);
});

const unreadable: Readonly<Record<string, Buffer>> = {
  'nothing at all': Buffer.alloc(0),
  'half a document': Buffer.from('{"schemaVersion":2,'),
  'something behind the document': Buffer.from('{"schemaVersion":2}}'),
  'a list': Buffer.from('[]'),
  null: Buffer.from('null'),
  'a text': Buffer.from('"{}"'),
  'bytes that are not UTF-8': Buffer.concat([
    Buffer.from('{"schemaVersion":2,"x":"'),
    Buffer.of(0xff),
    Buffer.from('"}'),
  ]),
  'an encoded surrogate': Buffer.concat([Buffer.from('{"x":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')]),
  'a byte order mark': Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), imageManifest({ config: CONFIG, layers: [] })]),
  'UTF-16': Buffer.from('{"schemaVersion":2}', 'utf16le'),
};

for (const [what, bytes] of Object.entries(unreadable)) {
  test(`${what} is no manifest`, (t) => {
    refused(bytes, t, undefined);
  });
}

test('a document that is nested a million deep does not break the reader', (t) => {
  const depth = 1_000_000;
  const head = `{"schemaVersion":2,"config":${JSON.stringify(CONFIG)},"layers":[],"x":`;
  const bytes = Buffer.from(`${head}${'['.repeat(depth)}${']'.repeat(depth)}}`);
  t.deepEqual(parseManifest(bytes, undefined).problems, []);
  refused(Buffer.from(`${'{"a":'.repeat(depth)}`), t, undefined);
});

test('the last of two equal fields counts, as in Go', (t) => {
  const text = `{"schemaVersion":1,"schemaVersion":2,"config":${JSON.stringify(CONFIG)},"layers":null,"layers":[]}`;
  t.is(parseManifest(Buffer.from(text), undefined).references.length, 1);
});

function refused(bytes: Buffer, t: ExecutionContext, at: string | undefined): RegistryError {
  const error = t.throws(() => parseManifest(bytes, undefined), { instanceOf: RegistryError });
  t.is(error.code, 'MANIFEST_INVALID');
  if (at !== undefined) t.is(error.detail?.['at'], at);
  t.is(typeof error.detail?.['reason'], 'string');
  t.true(error.message.length < 2000);
  return error;
}
