import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sign, signWithChain } from '../../../../../core/manifests/schema-1/sign.ts';
import { SignatureError } from '../../../../../core/manifests/schema-1/signature-problem.ts';
import { SignedText } from '../../../../../core/manifests/schema-1/signed-text.ts';
import { TrustedRoots } from '../../../../../core/manifests/schema-1/trust-source.ts';
import { verifyChains } from '../../../../../core/manifests/schema-1/verify.ts';
import type { CertificateMaker, TestCertificate } from '../../../../helpers/http/certificates.ts';
import { testWithCertificates as test } from '../../../../helpers/http/test-with-certificates.ts';

const PAYLOAD = Buffer.from('{\n   "schemaVersion": 1\n}');
const UNTRUSTED = { instanceOf: SignatureError, message: /trusted|no signature carries/ };

/** A root, authorities below it, and a signer at the end. */
async function makeChain(certificates: CertificateMaker, authorities: number) {
  const root = await certificates.make('root', 'authority');
  const made: TestCertificate[] = [root];
  for (let depth = 1; depth <= authorities; depth += 1) {
    made.push(await certificates.make(`authority-${depth}`, 'authority', made.at(-1)));
  }
  const signer = await certificates.make('signer', 'client', made.at(-1));
  const chain = await Promise.all([signer, ...made.slice(1).toReversed()].map(read));
  return { root: await read(root), key: await keyOf(signer), chain };
}

async function read({ certFile }: TestCertificate): Promise<X509Certificate> {
  return new X509Certificate(await readFile(certFile));
}

async function keyOf({ keyFile }: TestCertificate): Promise<KeyObject> {
  return createPrivateKey(await readFile(keyFile));
}

test('a chain of seven certificates leads to the trusted root, and no shorter part of it does', async (t, {
  certificates,
}) => {
  const { root, key, chain } = await makeChain(certificates, 6);
  t.is(chain.length, 7);
  const trust = new TrustedRoots([root]);
  const sent = SignedText.parse(signWithChain(PAYLOAD, key, { chain }).toBytes());
  const chains = await verifyChains(sent, trust);
  t.deepEqual(
    chains.map((each) => each.map(({ subject }) => subject)),
    [[...chain, root].map(({ subject }) => subject)],
  );
  const short = signWithChain(PAYLOAD, key, { chain: chain.slice(0, 5) });
  await t.throwsAsync(verifyChains(short, trust), UNTRUSTED);
});

test('a chain is trusted in any order of its authorities, and not by another root', async (t, { certificates }) => {
  const { root, key, chain } = await makeChain(certificates, 2);
  const [signer, ...others] = chain as [X509Certificate, ...X509Certificate[]];
  const text = signWithChain(PAYLOAD, key, { chain: [signer, ...others.toReversed()] });
  t.is((await verifyChains(text, new TrustedRoots([root]))).length, 1);
  const other = await read(await certificates.make('other', 'authority'));
  await t.throwsAsync(verifyChains(text, new TrustedRoots([other])), UNTRUSTED);
  await t.throwsAsync(verifyChains(text, new TrustedRoots([])), UNTRUSTED);
});

test('a certificate that is no authority vouches for nobody', async (t, { certificates }) => {
  const root = await certificates.make('root', 'authority');
  const client = await certificates.make('client', 'client', root);
  const signer = await certificates.make('signer', 'client', client);
  const chain = [await read(signer), await read(client)];
  const text = signWithChain(PAYLOAD, await keyOf(signer), { chain });
  await t.throwsAsync(verifyChains(text, new TrustedRoots([await read(root)])), UNTRUSTED);
});

test('certificates are not trusted outside of their time', async (t, { certificates }) => {
  const { root, key, chain } = await makeChain(certificates, 1);
  const text = signWithChain(PAYLOAD, key, { chain });
  for (const days of [-2, 4]) {
    const time = new Date(Date.now() + days * 86_400_000);
    await t.throwsAsync(verifyChains(text, new TrustedRoots([root], { time })), UNTRUSTED, String(days));
  }
});

test('a bare key has no chain, and beside a chain it is only verified', async (t, { certificates }) => {
  const { root, key, chain } = await makeChain(certificates, 1);
  const trust = new TrustedRoots([root]);
  const bare = sign(PAYLOAD, key);
  await t.throwsAsync(verifyChains(bare, trust), UNTRUSTED);
  t.is((await verifyChains(bare.merge(signWithChain(PAYLOAD, key, { chain })), trust)).length, 1);
});

test('the first certificate must be that of the signing key', async (t, { certificates }) => {
  const { chain } = await makeChain(certificates, 1);
  const other = await keyOf(await certificates.make('other', 'client'));
  t.throws(() => signWithChain(PAYLOAD, other, { chain }), { instanceOf: SignatureError });
  t.throws(() => signWithChain(PAYLOAD, other, { chain: [] }), { instanceOf: SignatureError });
});

test('a chain with a flipped bit in any byte of its certificates is refused', async (t, { certificates }) => {
  const { root, key, chain } = await makeChain(certificates, 1);
  const text = signWithChain(PAYLOAD, key, { chain }).toBytes().toString();
  const trust = new TrustedRoots([root]);
  for (const { raw } of chain) {
    for (const [at, byte] of raw.entries()) {
      const changed = Buffer.from(raw);
      changed[at] = byte ^ (1 << (at & 7));
      const given = Buffer.from(text.replace(raw.toString('base64'), changed.toString('base64')));
      await t.throwsAsync(async () => verifyChains(SignedText.parse(given), trust), { instanceOf: SignatureError });
    }
  }
});
