import { type KeyObject, sign as signBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../../core/driver/index.ts';
import { encodeBase64Url } from '../../../../../core/manifests/schema-1/base64url.ts';
import { jwkOf, keyId } from '../../../../../core/manifests/schema-1/json-web-key.ts';
import { parseSignature, signedInput } from '../../../../../core/manifests/schema-1/signature.ts';
import { SignedText } from '../../../../../core/manifests/schema-1/signed-text.ts';
import { generateSigningKey } from '../../../../../core/manifests/schema-1/signing-key.ts';
import { verify } from '../../../../../core/manifests/schema-1/verify.ts';
import { RegistryError, RegistryErrors } from '../../../../../core/model/errors.ts';
import { SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../../../../core/model/media-types.ts';
import type { Registry } from '../../../../../core/registry/registry.ts';
import { LookupMoment } from '../../../../../core/storage/collection/lookup-moment.ts';
import { name, pushBlob, reference, tagged } from '../../../../helpers/content/registry-content.ts';
import { schema1Payload, signedManifest } from '../../../../helpers/content/signed-manifests.ts';
import { composeCore, STRICT_VALIDATION } from '../../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('foo/bar');
const TAG = tagged('thetag');
const LAYERS = ['first', 'second'].map((text) => Buffer.from(text));
const CONTENT = { name: 'foo/bar', tag: 'thetag', layers: LAYERS.map((bytes) => digestOf(bytes)) };
const PAYLOAD = schema1Payload(CONTENT);

/** A registry of its own process, with a key of its own. */
function registryOn(driver: StorageDriver): Registry {
  return composeCore(driver, STRICT_VALIDATION, undefined, { signingKey: generateSigningKey() }).registry;
}

/** The registry with the layers of the manifest. */
async function withLayers(driver: StorageDriver): Promise<Registry> {
  const registry = registryOn(driver);
  for (const bytes of LAYERS) await pushBlob(registry.layers, REPOSITORY, bytes);
  return registry;
}

async function push({ manifests }: Registry, text: SignedText): Promise<void> {
  await manifests.put(REPOSITORY, TAG, { bytes: text.toBytes(), contentType: SCHEMA_1_SIGNED_MANIFEST });
}

async function assertSignedBy(t: ExecutionContext, { manifests }: Registry, keys: readonly KeyObject[]): Promise<void> {
  const { bytes, mediaType, digest } = await manifests.get(REPOSITORY, TAG);
  t.is(mediaType, SCHEMA_1_SIGNED_MANIFEST);
  t.is(digest, digestOf(PAYLOAD));
  const text = SignedText.parse(bytes);
  t.deepEqual(text.payload, PAYLOAD);
  t.deepEqual(verify(text).map(keyId), keys.map(keyId).toSorted());
}

eachDriver(
  'a signed manifest is stored once its layers are, signed again by a second key, listed and deleted',
  async (t, driver) => {
    const registry = registryOn(driver);
    const { manifests, tags } = registry;
    const [first, second] = [generateSigningKey(), generateSigningKey()];
    t.false(await manifests.exists(REPOSITORY, TAG));
    const unknown = await t.throwsAsync(manifests.get(REPOSITORY, TAG), { instanceOf: RegistryError });
    t.is(unknown.code, 'MANIFEST_UNKNOWN');
    t.like(unknown.detail, { name: 'foo/bar' });

    const refused = await t.throwsAsync(push(registry, signedManifest(CONTENT, first)), {
      instanceOf: RegistryErrors,
    });
    t.deepEqual(
      refused.errors.map(({ code, detail }) => [code, detail?.['digest']]),
      CONTENT.layers.map((digest) => ['MANIFEST_BLOB_UNKNOWN', digest]),
    );
    t.false(await manifests.exists(REPOSITORY, TAG));

    for (const bytes of LAYERS) await pushBlob(registry.layers, REPOSITORY, bytes);
    await push(registry, signedManifest(CONTENT, first));
    t.true(await manifests.exists(REPOSITORY, TAG));
    await assertSignedBy(t, registry, [first]);
    t.deepEqual((await tags.list(REPOSITORY, { after: '', limit: 10 })).items, ['thetag']);

    await push(registry, signedManifest(CONTENT, second));
    for (const process of [registry, registryOn(driver)]) await assertSignedBy(t, process, [first, second]);
    t.deepEqual((await tags.list(REPOSITORY, { after: '', limit: 10 })).items, ['thetag']);

    await manifests.delete(REPOSITORY, reference(digestOf(PAYLOAD)));
    t.false(await manifests.exists(REPOSITORY, TAG));
  },
);

eachDriver('a key that signs one manifest again and again has one signature', async (t, driver) => {
  const registry = await withLayers(driver);
  const [key, other] = [generateSigningKey(), generateSigningKey()];
  const first = signedManifest(CONTENT, key);
  // Each signature of this kind has other bytes.
  for (let count = 0; count < 40; count += 1) await push(registry, count === 0 ? first : signedManifest(CONTENT, key));
  t.deepEqual((await registry.manifests.get(REPOSITORY, TAG)).bytes, first.toBytes());
  await push(registry, signedManifest(CONTENT, other));
  await assertSignedBy(t, registry, [key, other]);
});

eachDriver(
  'a manifest that more keys have signed than a text can hold is served with the first of them',
  async (t, driver) => {
    const registry = await withLayers(driver);
    const keys = Array.from({ length: 40 }, generateSigningKey);
    for (const key of keys) await push(registry, signedManifest(CONTENT, key));
    await assertSignedBy(t, registry, keys.slice(0, 32));
  },
);

eachDriver('a signature that places the end of the text elsewhere hides none of the others', async (t, driver) => {
  const registry = await withLayers(driver);
  const [first, second, third] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
  await push(registry, withOtherEnd(third));
  await assertSignedBy(t, registry, [third]);
  await push(registry, signedManifest(CONTENT, first));
  await push(registry, signedManifest(CONTENT, second));
  await assertSignedBy(t, registry, [first, second]);
});

/** The manifest with a right signature, whose tail is the last brace without the line break before it. */
function withOtherEnd(key: KeyObject): SignedText {
  const end = { formatLength: PAYLOAD.byteLength - 1, formatTail: encodeBase64Url('}') };
  const protectedHeader = encodeBase64Url(JSON.stringify(end));
  const input = Buffer.from(signedInput(protectedHeader, PAYLOAD));
  const signature = encodeBase64Url(signBytes('sha256', input, { key, dsaEncoding: 'ieee-p1363' }));
  const document = { header: { jwk: jwkOf(key), alg: 'ES256' }, signature, protected: protectedHeader };
  return new SignedText(PAYLOAD, [parseSignature(document)]);
}

eachDriver('without a signature of a client a manifest has that of the registry', async (t, driver) => {
  const signingKey = generateSigningKey();
  const { registry } = composeCore(driver, STRICT_VALIDATION, undefined, { signingKey });
  for (const bytes of LAYERS) await pushBlob(registry.layers, REPOSITORY, bytes);
  await t.throwsAsync(registry.manifests.put(REPOSITORY, TAG, { bytes: PAYLOAD, contentType: SCHEMA_1_MANIFEST }), {
    instanceOf: RegistryErrors,
    message: /MANIFEST_UNVERIFIED/,
  });
  const core = composeCore(driver);
  await core.manifests.store(REPOSITORY, {
    ...{ digest: digestOf(PAYLOAD), mediaType: SCHEMA_1_MANIFEST, bytes: PAYLOAD },
    tags: TAG.kind === 'tag' ? [TAG.tag] : [],
    verifiedAt: new LookupMoment(),
    verifyAgain: async () => undefined,
  });
  await assertSignedBy(t, registry, [signingKey]);
});
