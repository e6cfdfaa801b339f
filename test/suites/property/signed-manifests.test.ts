import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { digestOf } from '../../../core/digest/digest.ts';
import { fromImage } from '../../../core/manifests/schema-1/from-image.ts';
import { keyId } from '../../../core/manifests/schema-1/json-web-key.ts';
import { readPushedSchema1 } from '../../../core/manifests/schema-1/pushed-schema-1.ts';
import {
  formatSchema1,
  parseSchema1,
  type Schema1Manifest,
} from '../../../core/manifests/schema-1/schema-1-manifest.ts';
import { sign } from '../../../core/manifests/schema-1/sign.ts';
import { SignatureError, type SignatureProblem } from '../../../core/manifests/schema-1/signature-problem.ts';
import { SignedText } from '../../../core/manifests/schema-1/signed-text.ts';
import { verify } from '../../../core/manifests/schema-1/verify.ts';
import { parseReference, parseRepositoryName } from '../../../core/model/reference.ts';
import { holds } from './property.ts';
import { anyText } from './texts.ts';
import { digestText, nameText, tagText } from './vocabulary.ts';

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const KEYS = [ec('P-256'), ec('P-256'), ec('P-384'), ec('P-521')];
KEYS.push(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const key = fc.constantFrom(...KEYS);

const manifest: fc.Arbitrary<Schema1Manifest> = fc
  .record(
    {
      name: nameText,
      tag: tagText,
      architecture: anyText,
      layers: fc.array(fc.record({ blobSum: digestText, v1Compatibility: anyText }, { noNullPrototype: true }), {
        maxLength: 5,
      }),
    },
    { noNullPrototype: true },
  )
  .map(({ layers, ...rest }) => ({
    ...{ schemaVersion: 1, ...rest },
    fsLayers: layers.map(({ blobSum }) => ({ blobSum })),
    history: layers.map(({ v1Compatibility }) => ({ v1Compatibility })),
  }));

/** A manifest as docker writes it, and as other programs may. */
const payload = fc
  .tuple(manifest, fc.constantFrom('docker', '', ' ', '  ', '\t'), fc.constantFrom('', '\n', ' \n'))
  .map(([document, indent, end]) =>
    indent === 'docker' ? formatSchema1(document) : Buffer.from(JSON.stringify(document, undefined, indent) + end),
  );

function problemOf(action: () => unknown): SignatureProblem | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof SignatureError) return error.problem;
    throw error;
  }
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch {
    return false;
  }
}

holds('a signed manifest is handed over, verifies, and is handed on the same', 400, () =>
  fc.property(payload, key, (bytes, signer) => {
    const text = sign(bytes, signer).toBytes();
    const received = SignedText.parse(text);
    assert.deepEqual(received.payload, bytes);
    assert.deepEqual(verify(received).map(keyId), [keyId(signer)]);
    assert.deepEqual(received.toBytes(), text);
    const { signatures, ...document } = JSON.parse(text.toString()) as { signatures: unknown };
    assert.ok(Array.isArray(signatures));
    assert.deepEqual(document, JSON.parse(bytes.toString()));
  }),
);

holds('a flipped bit of the payload is refused as what it breaks: the document, or the signature', 800, () =>
  fc.property(manifest, key, fc.nat(), (document, signer, place) => {
    const bytes = formatSchema1(document);
    const signed = sign(bytes, signer);
    const length = signed.signatures[0]?.end.length ?? 0;
    const text = signed.toBytes();
    const changed = flipped(text, place % (length * 8));
    const part = Buffer.concat([changed.subarray(0, length), bytes.subarray(length)]);
    const expected = isJson(changed) && isJson(part) ? 'invalid-signature' : 'malformed';
    assert.equal(
      problemOf(() => verify(SignedText.parse(changed))),
      expected,
    );
    const name = parseRepositoryName(document.name);
    assert.deepEqual(pushProblem(text, name, document.tag), []);
    const found = pushProblem(changed, name, document.tag);
    if (found !== 'MANIFEST_INVALID') assert.equal(found[0], `MANIFEST_UNVERIFIED ${expected}`);
  }),
);

type Name = ReturnType<typeof parseRepositoryName>;

/** What a push of a manifest is refused for. */
function pushProblem(bytes: Buffer, name: Name, tag: string): 'MANIFEST_INVALID' | string[] {
  try {
    const { problems } = readPushedSchema1(bytes, { name, reference: parseReference(tag) });
    return problems.map(({ code, detail }) => [code, detail?.['problem']].join(' '));
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'MANIFEST_INVALID');
    return 'MANIFEST_INVALID';
  }
}

holds('a flipped bit anywhere in the text is refused, or what was signed is still the payload', 800, () =>
  fc.property(payload, key, fc.nat(), (bytes, signer, place) => {
    const text = sign(bytes, signer).toBytes();
    const changed = flipped(text, place % (text.byteLength * 8));
    let received: SignedText | undefined;
    const problem = problemOf(() => {
      received = SignedText.parse(changed);
      verify(received);
    });
    if (problem === undefined) assert.deepEqual(received?.payload, bytes);
  }),
);

/** What stands in a header, and what may stand there instead. */
const odd = fc.oneof(
  anyText,
  fc.jsonValue(),
  fc.constantFrom('EC', 'RSA', 'OKP', 'oct', 'P-256', 'P-521', 'AQAB', 'AA'),
);
const FIELDS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'kid', 'alg', 'jwk', 'x5c', 'signature', 'protected', 'header'];

holds('a signature with any of its fields changed holds for its payload or is refused as a signature', 800, () =>
  fc.property(
    payload,
    key,
    fc.array(fc.tuple(fc.constantFrom(...FIELDS), odd), { minLength: 1, maxLength: 3 }),
    (bytes, signer, changes) => {
      const document = structuredClone(sign(bytes, signer).signatures[0]?.document) as unknown as Record<
        string,
        unknown
      >;
      for (const [field, value] of changes) {
        const header = Object(document['header']) as Record<string, unknown>;
        const jwk = Object(header['jwk']) as Record<string, unknown>;
        const place =
          field in document ? document : field === 'alg' || field === 'x5c' || field in header ? header : jwk;
        place[field] = structuredClone(value);
      }
      const text = Buffer.from(
        `${bytes.toString().trimEnd().slice(0, -1)},"signatures":[${JSON.stringify(document)}]}`,
      );
      const problem = problemOf(() => verify(SignedText.parse(text)));
      assert.notEqual(problem, 'untrusted-chain');
    },
  ),
);

holds('signers of one manifest are merged in any order, once each, and all of them verify', 200, () =>
  fc.property(payload, fc.shuffledSubarray(KEYS, { minLength: 3, maxLength: 3 }), (bytes, signers) => {
    const [a, b, c] = signers.map((signer) => sign(bytes, signer)) as [SignedText, SignedText, SignedText];
    const all = a.merge(b).merge(c);
    for (const same of [c.merge(b).merge(a), a.merge(c.merge(b)), all.merge(b), all.merge(all)]) {
      assert.deepEqual(same.toBytes(), all.toBytes());
    }
    assert.deepEqual(verify(SignedText.parse(all.toBytes())).map(keyId), signers.map(keyId).toSorted());
  }),
);

holds('signers of different manifests are never merged', 100, () =>
  fc.property(payload, payload, key, (one, other, signer) => {
    fc.pre(!one.equals(other));
    const [a, b] = [sign(one, signer), sign(other, signer)];
    assert.equal(
      problemOf(() => a.merge(b)),
      'different-texts',
    );
  }),
);

const step = fc.record(
  {
    created: fc.oneof(fc.constant('2016-01-01T00:00:00.12Z'), fc.jsonValue()),
    created_by: fc.oneof(anyText, fc.jsonValue()),
    author: fc.oneof(anyText, fc.jsonValue()),
    comment: fc.oneof(anyText, fc.jsonValue()),
    empty_layer: fc.boolean(),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const image = fc
  .record(
    { architecture: anyText, config: fc.jsonValue(), rootfs: fc.jsonValue(), os: fc.jsonValue() },
    { requiredKeys: [], noNullPrototype: true },
  )
  .chain((rest) => fc.array(step, { minLength: 1, maxLength: 6 }).map((history) => ({ ...rest, history })));

holds('an image becomes the same manifest of schema 1 each time, which is read, signed and verified', 400, () =>
  fc.property(image, nameText, tagText, key, (document, name, tag, signer) => {
    const count = document.history.filter((each) => each.empty_layer !== true).length;
    const layers = Array.from({ length: count }, (_, index) => digestOf(Buffer.from(String(index))));
    const config = Buffer.from(JSON.stringify(document));
    const bytes = formatSchema1(fromImage({ name, tag, config, layers }));
    assert.deepEqual(formatSchema1(fromImage({ name, tag, config: Buffer.from(config), layers })), bytes);
    const read = parseSchema1(bytes);
    assert.deepEqual([read.name, read.tag, read.fsLayers.length], [name, tag, document.history.length]);
    assertLinked(read);
    const text = sign(bytes, signer).toBytes();
    assert.deepEqual(pushProblem(text, parseRepositoryName(name), tag), []);
  }),
);

/** Each layer names the one below, and only the lowest has none. */
function assertLinked({ history }: Schema1Manifest): void {
  const layers = history.map(({ v1Compatibility }) => JSON.parse(v1Compatibility) as { id: string; parent?: string });
  for (const [index, { parent }] of layers.entries()) assert.equal(parent, layers[index + 1]?.id);
}

holds('any text is the configuration of an image or refused as none', 800, () =>
  fc.property(
    fc.oneof(
      anyText,
      fc.json(),
      image.map((document) => JSON.stringify(document)),
      fc.record({ history: fc.array(fc.jsonValue()) }).map((document) => JSON.stringify(document)),
    ),
    fc.array(fc.constant(digestOf(Buffer.from('a layer'))), { maxLength: 4 }),
    (text, layers) => {
      try {
        const bytes = formatSchema1(fromImage({ name: 'app', tag: 'v1', config: Buffer.from(text), layers }));
        parseSchema1(bytes);
      } catch (error) {
        assert.ok(error instanceof TypeError && /history|JSON|layers/.test(error.message), String(error));
      }
    },
  ),
);
