import test from 'ava';
import { type Digest, digestOf } from '../../../../../core/digest/digest.ts';
import { EMPTY_LAYER, fromImage } from '../../../../../core/manifests/schema-1/from-image.ts';
import { formatSchema1 } from '../../../../../core/manifests/schema-1/schema-1-manifest.ts';

const LAYERS = ['base', 'app'].map((text) => digestOf(Buffer.from(text)));
const STEPS = [
  { created: '2016-01-01T00:00:00.12Z', created_by: '/bin/sh -c #(nop) ADD file:1 in / < x' },
  { created: '2016-01-02T00:00:00Z', created_by: 'ENV a=b && c', author: 'ada', comment: 'none', empty_layer: true },
  { created: '2016-01-03T00:00:00Z', created_by: 'COPY app' },
];

function convert(history: unknown, layers: readonly Digest[] = LAYERS, config: object = {}) {
  const text = JSON.stringify({ architecture: 'amd64', ...config, history, rootfs: { type: 'layers', diff_ids: [] } });
  return fromImage({ name: 'team/app', tag: 'v1', config: Buffer.from(text), layers });
}

test('the layers stand from the top down, with an empty one for each step that changed no file', (t) => {
  const { fsLayers } = convert(STEPS);
  t.deepEqual(
    fsLayers.map(({ blobSum }) => blobSum),
    [LAYERS[1], EMPTY_LAYER.digest, LAYERS[0]] as string[],
  );
  t.is(digestOf(EMPTY_LAYER.bytes), EMPTY_LAYER.digest);
});

test('the same image always gives the same manifest', (t) => {
  const bytes = formatSchema1(convert(STEPS, LAYERS, { config: { Cmd: ['<&>'], Memory: 1.5 }, os: 'linux' }));
  t.is(String(digestOf(bytes)), 'sha256:c8b54bd74a9320643c8b50baa5e1ae6098f814030f2006c98e26be3d72d4fedd');
});

test('the top layer has the configuration with its keys in order and its numbers as they were written', (t) => {
  const text = '{"z":1.0,"history":[{"created_by":"ADD"}],"a":12345678901234567890,"rootfs":{}}';
  const [top] = fromImage({ name: 'app', tag: 'v1', config: Buffer.from(text), layers: LAYERS.slice(0, 1) }).history;
  t.regex(top?.v1Compatibility ?? '', /^\{"a":12345678901234567890,"id":"[0-9a-f]{64}","z":1\.0\}$/);
});

test('lower layers name what made them, and the one below', (t) => {
  const [, middle, base] = convert(STEPS).history.map(({ v1Compatibility }) => v1Compatibility);
  const { id } = JSON.parse(base ?? '') as { id: string };
  const command = '"container_config":{"Cmd":["ENV a=b \\u0026\\u0026 c"]}';
  const rest = `"parent":"${id}","comment":"none","created":"2016-01-02T00:00:00Z",${command},"author":"ada","throwaway":true}`;
  t.true(middle?.endsWith(rest), middle);
});

for (const [what, history] of Object.entries({
  none: undefined,
  empty: [],
  'a list of texts': ['ADD'],
  'too long': [...STEPS, {}],
})) {
  test(`a history that is ${what} is refused`, (t) => {
    t.throws(() => convert(history), { instanceOf: TypeError });
  });
}

test('an image with more layers than steps is refused, and so is what is not JSON', (t) => {
  t.throws(() => convert(STEPS.slice(0, 1)), { instanceOf: TypeError, message: /more layers/ });
  const broken = { name: 'app', tag: 'v1', config: Buffer.from('{'), layers: LAYERS };
  t.throws(() => fromImage(broken), { instanceOf: TypeError, message: /not JSON/ });
});
