import { inspect } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { parseManifest } from '../../../../core/manifests/manifest.ts';
import { RegistryError, RegistryErrors } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { descriptorOf, imageIndex, imageManifest, json } from '../../../helpers/content/registry-content.ts';

const CONFIG = descriptorOf(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json');
const LAYER = descriptorOf(Buffer.from('layer'), 'application/vnd.oci.image.layer.v1.tar');

test('every invalid descriptor is reported at once with its place, and the good ones are kept', (t) => {
  const layers = [LAYER, { ...LAYER, digest: 'foo' }, { ...LAYER, size: -1 }, null, LAYER];
  const parts = { config: { ...CONFIG, mediaType: 1 }, layers, subject: 1, artifactType: 1, annotations: { a: 1 } };
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
  const { problems } = parseManifest(imageIndex([{}, LAYER, { ...LAYER, platform: [] }]), undefined);
  t.deepEqual(
    problems.map(({ detail }) => detail?.['at']),
    ['manifests[0].digest', 'manifests[2].platform'],
  );
});

test('a missing config is a problem at its place', (t) => {
  const { problems } = parseManifest(json({ schemaVersion: 2, layers: [] }), undefined);
  t.deepEqual(
    problems.map(({ detail }) => detail?.['at']),
    ['config'],
  );
});

test('only the first of a flood of invalid descriptors are reported, so that it costs next to nothing', (t) => {
  const count = 70_000;
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
  for (const value of [{}, 'text', 1]) {
    test(`${field} must not be ${JSON.stringify(value)}`, (t) => {
      refused(json({ schemaVersion: 2, config: CONFIG, [field]: value }), t, field === 'layers' ? 'layers' : undefined);
    });
  }
}

for (const layers of [undefined, null]) {
  test(`an image whose layers are ${layers} has none, and gets a remark`, (t) => {
    const { references, problems, remarks } = parseManifest(
      imageManifest({ config: CONFIG, layers } as never),
      undefined,
    );
    t.deepEqual(problems, []);
    t.is(references.length, 1);
    t.deepEqual(remarks, ['layers is missing and treated as an empty list']);
  });
}

test('an index whose manifests are null has none', (t) => {
  const { references, problems, mediaType } = parseManifest(json({ schemaVersion: 2, manifests: null }), undefined);
  t.deepEqual({ references, problems, mediaType }, { references: [], problems: [], mediaType: OCI_IMAGE_INDEX });
});

test('an index that only its Content-Type distinguishes from an image is refused, because it would be served as one', (t) => {
  const bytes = json({ schemaVersion: 2 });
  const error = t.throws(() => parseManifest(bytes, OCI_IMAGE_INDEX), { instanceOf: RegistryError });
  t.is(error.detail?.['at'], 'mediaType');
});

test('null is the same as a missing value in every optional field of a manifest', (t) => {
  const nothing = { mediaType: null, manifests: null, fsLayers: null, subject: null, artifactType: null };
  const document = { schemaVersion: 2, config: CONFIG, layers: null, annotations: null, ...nothing };
  const { problems, subject, artifactType, annotations, mediaType } = parseManifest(json(document), undefined);
  t.deepEqual(problems, []);
  t.is(mediaType, OCI_IMAGE_MANIFEST);
  t.deepEqual([subject, annotations], [undefined, undefined]);
  t.is(artifactType, CONFIG.mediaType);
});

for (const config of [undefined, null, {}, 7]) {
  test(`an image whose config is ${inspect(config)} is refused`, (t) => {
    t.is(parseManifest(json({ schemaVersion: 2, config, layers: [] }), undefined).problems.length, 1);
  });
}

for (const subject of [{}, { digest: null }, { digest: '', size: 1 }]) {
  test(`a subject ${inspect(subject)} is ignored, and the client gets a remark`, (t) => {
    const manifest = parseManifest(imageManifest({ config: CONFIG, layers: [], subject }), undefined);
    t.is(manifest.subject, undefined);
    t.deepEqual(manifest.problems, []);
    t.deepEqual(manifest.remarks, ['the subject has no digest; it is ignored']);
  });
}

test('remarks are bounded, however many descriptors have no media type', (t) => {
  const layers = Array.from({ length: 1000 }, () => ({ ...LAYER, mediaType: null }));
  t.is(parseManifest(imageManifest({ config: CONFIG, layers }), undefined).remarks.length, 10);
});

for (const schemaVersion of [undefined, null, 0, 3, '2', 2.5]) {
  test(`schemaVersion must not be ${inspect(schemaVersion)}`, (t) => {
    refused(json({ schemaVersion, config: CONFIG, layers: [] }), t, 'schemaVersion');
  });
}

test('schema 1 is refused with advice on what to push', (t) => {
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

function nested(depth: number): Buffer {
  const head = `{"schemaVersion":2,"config":${JSON.stringify(CONFIG)},"layers":[],"x":`;
  return Buffer.from(`${head}${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
}

test('a document may be nested as deeply as Go reads, and no deeper', (t) => {
  t.deepEqual(parseManifest(nested(10_000), undefined).problems, []);
  for (const depth of [10_001, 20_000, 1_000_000]) {
    t.regex(refused(nested(depth), t, undefined).message, /nested deeper than 10000/);
  }
  refused(Buffer.from('{"a":'.repeat(1_000_000)), t, undefined);
});

test('brackets in a text do not nest, and a quote that is escaped does not end it', (t) => {
  const annotations = { a: `${'['.repeat(20_000)}\\"${'{'.repeat(20_000)}` };
  t.deepEqual(
    parseManifest(imageManifest({ config: CONFIG, layers: [], annotations }), undefined).annotations,
    annotations,
  );
});

test('a document with more values than any manifest needs is refused before it is parsed', (t) => {
  const head = `{"schemaVersion":2,"config":${JSON.stringify(CONFIG)},"layers":[`;
  for (const value of ['{}', '0', '[]', '""']) {
    const bytes = Buffer.from(`${head}${`${value},`.repeat(200_000)}${value}]}`);
    t.regex(refused(bytes, t, undefined).message, /more than 80000 values/);
  }
});

const LAYER_TEXT = JSON.stringify(LAYER);

for (const size of ['5.0', '5e0', '5E+0', '0.5e1', '50e-1']) {
  test(`a size that is written ${size} is refused, because no Go client reads it`, (t) => {
    const layer = LAYER_TEXT.replace('"size":5', `"size":${size}`);
    const bytes = Buffer.from(`{"schemaVersion":2,"config":${JSON.stringify(CONFIG)},"layers":[${layer}]}`);
    t.is(parseManifest(bytes, undefined).problems[0]?.detail?.['at'], 'layers[0].size');
  });
}

for (const version of ['2.0', '2e0', '20e-1']) {
  test(`a schema version that is written ${version} is refused, because no Go client reads it`, (t) => {
    const bytes = Buffer.from(`{"schemaVersion":${version},"config":${JSON.stringify(CONFIG)},"layers":[]}`);
    refused(bytes, t, 'schemaVersion');
  });
}

test('numbers in unused fields may be written in any way that JSON allows, and in no other', (t) => {
  const document = (x: string): Buffer =>
    Buffer.from(`{"schemaVersion":2,"config":${JSON.stringify(CONFIG)},"layers":[],"x":[${x}]}`);
  t.deepEqual(parseManifest(document('1.5,1e400,-0.0,1E-3,0'), undefined).problems, []);
  for (const wrong of ['1.', '.5', '1e', '01.5', '1.5.5', '+1.0', '--1.0', '1.0-'])
    refused(document(wrong), t, undefined);
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
