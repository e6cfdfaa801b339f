import { digestOf } from '../../../../../core/digest/digest.ts';
import { keyId } from '../../../../../core/manifests/schema-1/json-web-key.ts';
import { SignatureError, type SignatureProblem } from '../../../../../core/manifests/schema-1/signature-problem.ts';
import { SignedText } from '../../../../../core/manifests/schema-1/signed-text.ts';
import { verify } from '../../../../../core/manifests/schema-1/verify.ts';
import { testsWithVectors, vector } from '../../../../helpers/content/published-vectors.ts';

const test = testsWithVectors();

const HELLO_WORLD = {
  digest: 'sha256:02fee8c3220ba806531f606525eceb83f4feb654f62b207191b1c9209188dedd',
  key: 'OIH7:HQFS:44FK:45VB:3B53:OIAG:TPL4:ATF5:6PNE:MGHN:NHQX:2GE4',
};

const VALID: Readonly<Record<string, { readonly digest: string; readonly key: string }>> = {
  'moby-good_manifest': HELLO_WORLD,
  'moby-extra_data_manifest': HELLO_WORLD,
  'ci-schema1.json': {
    digest: 'sha256:5a26403ca5f91c7f04300e397efc83960afbfe2d2b34314383a53e267a604455',
    key: 'DB2X:GSG2:72H3:AE3R:KCMI:Y77E:W7TF:ERHK:V5HR:JJ2Y:YMS6:HFGJ',
  },
  'ci-oci1-to-schema1.json': {
    digest: 'sha256:6feeaff9d4420e29f96881eb712e8762c28615666340222c8e054259f9bc87d4',
    key: 'Q3ZE:RPLV:YRWL:CJGY:3YUV:CVRB:KOZN:DPRO:QZKD:B7KB:4FJ5:XUDM',
  },
};

for (const [name, { digest, key }] of Object.entries(VALID)) {
  test(`${name} verifies, and its digest is that of its payload`, async (t) => {
    const text = SignedText.parse(await vector(`schema1/${name}`));
    t.deepEqual(verify(text).map(keyId), [key]);
    t.is(String(digestOf(text.payload)), digest);
  });
}

test('a list of layers behind the signed part is not read', async (t) => {
  const { payload } = SignedText.parse(await vector('schema1/moby-extra_data_manifest'));
  const { fsLayers } = JSON.parse(payload.toString()) as { fsLayers: { blobSum: string }[] };
  t.regex(fsLayers[0]?.blobSum ?? '', /^sha256:a3ed95ca/);
});

const EDITED: Readonly<Record<string, SignatureProblem>> = {
  'moby-bad_manifest': 'invalid-signature',
  'ci-v2s1.manifest.json': 'invalid-signature',
  // It has become shorter than formatLength.
  'ci-schema2-to-schema1-by-docker.json': 'malformed',
};

for (const [name, problem] of Object.entries(EDITED)) {
  test(`${name} does not verify, because it was edited after it was signed`, async (t) => {
    const bytes = await vector(`schema1/${name}`);
    const error = t.throws(() => verify(SignedText.parse(bytes)), { instanceOf: SignatureError });
    t.is(error.problem, problem);
  });
}

test('the payload of a signed manifest is the manifest without its signatures', async (t) => {
  const { payload } = SignedText.parse(await vector('schema1/ci-v2s1.manifest.json'));
  t.deepEqual(payload, await vector('schema1/ci-v2s1-unsigned.manifest.json'));
});

test('signatures that are a number are malformed', async (t) => {
  const bytes = await vector('schema1/ci-v2s1-invalid-signatures.manifest.json');
  const error = t.throws(() => SignedText.parse(bytes), { instanceOf: SignatureError });
  t.is(error.problem, 'malformed');
});

test('a signed manifest that is taken apart and put together is the same', async (t) => {
  for (const name of ['moby-good_manifest', 'ci-schema1.json']) {
    const bytes = await vector(`schema1/${name}`);
    t.deepEqual(SignedText.parse(bytes).toBytes().toString().trim(), bytes.toString().trim(), name);
  }
});
