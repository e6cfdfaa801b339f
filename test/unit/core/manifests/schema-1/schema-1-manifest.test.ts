import { inspect } from 'node:util';
import test from 'ava';
import {
  formatSchema1,
  parseSchema1,
  parseSum,
  type Schema1Manifest,
} from '../../../../../core/manifests/schema-1/schema-1-manifest.ts';
import { sign } from '../../../../../core/manifests/schema-1/sign.ts';
import { SignedText } from '../../../../../core/manifests/schema-1/signed-text.ts';
import { generateSigningKey } from '../../../../../core/manifests/schema-1/signing-key.ts';
import { verify } from '../../../../../core/manifests/schema-1/verify.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';

const HEX = '0'.repeat(64);
const MANIFEST: Schema1Manifest = {
  ...{ schemaVersion: 1, name: 'foo/bar', tag: 'test', architecture: 'amd64' },
  fsLayers: [{ blobSum: `sha256:${HEX}` }, { blobSum: `tarsum.v1+sha256:${HEX}` }],
  history: [{ v1Compatibility: '{"id":"b","parent":"a"}' }, { v1Compatibility: '{"id":"a"}' }],
};

test('a manifest is written with its fields in order and three blanks for each level', (t) => {
  t.is(formatSchema1(MANIFEST).toString(), JSON.stringify(MANIFEST, undefined, 3));
});

test('a manifest is read as it was written, unsigned and signed, whatever else is in it', (t) => {
  t.deepEqual(parseSchema1(formatSchema1(MANIFEST)), MANIFEST);
  t.deepEqual(parseSchema1(sign(formatSchema1(MANIFEST), generateSigningKey()).toBytes()), MANIFEST);
  t.deepEqual(parseSchema1(Buffer.from(JSON.stringify({ ...MANIFEST, more: [1] }))), MANIFEST);
});

test('a signed manifest that was compacted on its way does not verify, and the bytes as they came do', (t) => {
  const text = sign(formatSchema1(MANIFEST), generateSigningKey()).toBytes();
  t.is(verify(SignedText.parse(text)).length, 1);
  const compact = Buffer.from(JSON.stringify(JSON.parse(text.toString())));
  t.throws(() => verify(SignedText.parse(compact)), { name: 'SignatureError' });
});

const WRONG: ReadonlyArray<readonly [object, RegExp]> = [
  [{ schemaVersion: 2 }, /schemaVersion/],
  [{ name: undefined }, /name/],
  [{ tag: 7 }, /tag/],
  [{ architecture: {} }, /architecture/],
  [{ fsLayers: 'none' }, /fsLayers/],
  [{ fsLayers: [{}, {}] }, /fsLayers\[0\]\.blobSum/],
  [{ history: [MANIFEST.history[0], null] }, /history\[1\]\.v1Compatibility/],
  [{ history: MANIFEST.history.slice(1) }, /history.*1 entries.*2/],
];

for (const [change, problem] of WRONG) {
  test(`a manifest with ${inspect(change, { breakLength: Number.POSITIVE_INFINITY })} is refused by the name of the field`, (t) => {
    const bytes = Buffer.from(JSON.stringify({ ...MANIFEST, ...change }));
    const error = t.throws(() => parseSchema1(bytes), { instanceOf: RegistryError, message: problem });
    t.is(error.code, 'MANIFEST_INVALID');
  });
}

test('a sum that is no digest is refused with its place', (t) => {
  const error = t.throws(() => parseSum('asdf', 'fsLayers[3]'), { instanceOf: RegistryError });
  t.is(error.code, 'DIGEST_INVALID');
  t.like(error.detail, { digest: 'asdf', at: 'fsLayers[3]' });
});
