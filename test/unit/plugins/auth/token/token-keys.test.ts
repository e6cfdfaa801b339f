import { createPublicKey } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { keyId } from '../../../../../core/manifests/schema-1/json-web-key.ts';
import { parseCertificates } from '../../../../../plugins/auth/token/certificate-chain.ts';
import { JwtVerifier } from '../../../../../plugins/auth/token/jwt-verifier.ts';
import { KeyFiles } from '../../../../../plugins/auth/token/key-files.ts';
import { RemoteKeys } from '../../../../../plugins/auth/token/remote-keys.ts';
import { DEFAULT_ALGORITHMS } from '../../../../../plugins/auth/token/signing-algorithms.ts';
import { TokenVerifier } from '../../../../../plugins/auth/token/token-verifier.ts';
import { type TrustedKey, TrustedKeys } from '../../../../../plugins/auth/token/trusted-keys.ts';
import { ISSUER, SERVICE, TokenSigner } from '../../../../helpers/auth/token-signer.ts';
import { answer, ScriptedServer } from '../../../../helpers/client/scripted-server.ts';
import type { TestCertificate } from '../../../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../../../helpers/http/test-with-certificates.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';
import { folderWith } from '../../loading/fixture-folder.ts';

interface Verifying {
  readonly verifier: TokenVerifier;
  readonly warnings: readonly string[];
  /** Lets time pass. */
  readonly later: (ms: number) => void;
}

/** A verifier whose clock starts now, because signers use the real one. */
async function verifying(sources: {
  rootcertbundle?: string;
  jwks?: string;
  url?: string;
  cooldownMs?: number;
}): Promise<Verifying> {
  const clock = new FakeClock();
  clock.nowMs = Date.now();
  const warnings: string[] = [];
  const options = { warn: (message: string) => void warnings.push(message), now: () => clock.now() };
  const { rootcertbundle, jwks, url, ...cooldown } = sources;
  const isInFiles = rootcertbundle !== undefined || jwks !== undefined;
  const files = isInFiles ? await KeyFiles.open({ rootcertbundle, jwks }, options) : undefined;
  const remote = url === undefined ? undefined : new RemoteKeys(new URL(url), { ...options, ...cooldown });
  const verifier = new TokenVerifier(new TrustedKeys({ files, remote }, options.now), {
    ...{ issuers: [ISSUER], service: SERVICE, algorithms: DEFAULT_ALGORITHMS, leewayMs: 0, now: options.now },
  });
  return { verifier, warnings, later: (ms) => void (clock.nowMs += ms) };
}

async function signerOf({ keyFile }: TestCertificate, kid?: string): Promise<TokenSigner> {
  return TokenSigner.of('ES256', { pem: await readFile(keyFile, 'utf8'), ...(kid !== undefined && { kid }) });
}

async function derOf({ certFile }: TestCertificate): Promise<string> {
  return (await readFile(certFile, 'utf8')).replaceAll(/-----[^-]+-----|\s/g, '');
}

testWithCertificates(
  'the key of a certificate is found by each id that token servers give it',
  async (t, { certificates }) => {
    const certificate = await certificates.make('signer', 'server');
    const { verifier } = await verifying({ rootcertbundle: certificate.certFile });
    const [parsed] = parseCertificates(await readFile(certificate.certFile, 'utf8'));
    const libtrust = parsed === undefined ? '' : keyId(parsed.publicKey);
    for (const kid of [libtrust, undefined]) {
      const signer = await signerOf(certificate, kid);
      t.is((await verifier.verify(await signer.sign())).subject, 'ann');
    }
  },
);

testWithCertificates(
  'a chain in a token is trusted when it leads to a certificate of the bundle',
  async (t, { certificates }) => {
    const root = await certificates.make('root', 'authority');
    const middle = await certificates.make('middle', 'authority', root);
    const leaf = await certificates.make('leaf', 'server', middle);
    const other = await certificates.make('other', 'authority');
    const stranger = await certificates.make('stranger', 'server', other);
    const { verifier, later } = await verifying({ rootcertbundle: root.certFile });
    const chain = await Promise.all([leaf, middle, root].map(derOf));
    const signer = await signerOf(leaf, 'whatever');
    const sign = (x5c: unknown, by = signer): Promise<string> => by.sign({ exp: 9e9 }, { x5c });
    for (const x5c of [chain, chain.slice(0, 2)]) t.is((await verifier.verify(await sign(x5c))).subject, 'ann');
    const inJwk = await signer.sign({}, { jwk: { ...signer.jwk, x5c: chain } });
    t.is((await verifier.verify(inJwk)).subject, 'ann');
    const strange = await derOf(stranger);
    const wrong: readonly (readonly [string, Promise<string>])[] = [
      ['a chain that lacks the middle', sign([chain[0]])],
      ['a chain in the wrong order', sign([...chain].reverse())],
      ['a chain of another authority', sign([strange, await derOf(other)], await signerOf(stranger))],
      ['a stranger before the right chain', sign([strange, ...chain.slice(1)], await signerOf(stranger))],
      ['a leaf that has issued nothing', sign([strange, chain[0], chain[1]], await signerOf(stranger))],
      ['another key than that of the chain', sign(chain, await signerOf(stranger))],
      ['no chain', sign([])],
      ['a text', sign('abc')],
      ['no certificate', sign(['YWJj'])],
      ['too many', sign(Array.from({ length: 9 }, () => chain[0]))],
    ];
    for (const [what, token] of wrong) {
      await t.throwsAsync(
        token.then((text) => verifier.verify(text)),
        { name: 'TokenError' },
        what,
      );
    }
    later(3 * 24 * 3_600_000);
    await t.throwsAsync(verifier.verify(await sign(chain)), { message: /leads to no valid certificate/ });
  },
);

test('a key in the header of a token is never used, only the trusted one of its id', async (t) => {
  const [trusted, stranger] = [await TokenSigner.of('ES256', { kid: 'known' }), await TokenSigner.of('ES256')];
  const folder = await folderWith(t, { 'keys.json': JSON.stringify({ keys: [trusted.jwk] }) });
  const { verifier } = await verifying({ jwks: join(folder, 'keys.json') });
  t.is((await verifier.verify(await trusted.sign({}, { kid: undefined, jwk: trusted.jwk }))).subject, 'ann');
  for (const jwk of [stranger.jwk, { ...stranger.jwk, kid: 'known' }, {}, 'known', null]) {
    await t.throwsAsync(verifier.verify(await stranger.sign({}, { kid: 'known', jwk })), { name: 'TokenError' });
  }
});

test('keys that replace others in a file count within five seconds, and the old ones no longer', async (t) => {
  const [old, fresh] = [await TokenSigner.of('ES256', { kid: 'old' }), await TokenSigner.of('RS256', { kid: 'new' })];
  const folder = await folderWith(t, { 'keys.json': JSON.stringify({ keys: [old.jwk] }) });
  const path = join(folder, 'keys.json');
  const { verifier, warnings, later } = await verifying({ jwks: path });
  const [first, second] = [await old.sign(), await fresh.sign()];
  await verifier.verify(first);
  await writeFile(`${path}.new`, JSON.stringify({ keys: [fresh.jwk] }));
  await rename(`${path}.new`, path);
  later(5_000);
  t.is((await verifier.verify(second)).subject, 'ann');
  await t.throwsAsync(verifier.verify(first), { message: /^its key "old" is not known .*; known are new$/ });
  await writeFile(path, 'not JSON, with a secret');
  later(5_000);
  t.is((await verifier.verify(second)).subject, 'ann');
  t.regex(warnings.at(-1) ?? '', /^the keys for tokens stay as they were: jwks: the file .* it is not JSON/);
  t.false(warnings.at(-1)?.includes('secret'));
});

test('a key that is withdrawn while the clock is set back loses its effect at once, also for a remembered token', async (t) => {
  const [old, fresh] = [await TokenSigner.of('ES256', { kid: 'old' }), await TokenSigner.of('ES256', { kid: 'new' })];
  const folder = await folderWith(t, { 'keys.json': JSON.stringify({ keys: [old.jwk] }) });
  const { verifier, later } = await verifying({ jwks: join(folder, 'keys.json') });
  const token = await old.sign({ nbf: 0, iat: 0 });
  await verifier.verify(token);
  await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [fresh.jwk] }));
  later(-3_600_000);
  await t.throwsAsync(verifier.verify(token), { message: /^its key "old" is not known/ });
});

test('a token is not remembered for longer when the clock is set back', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const clock = { nowMs: Date.now() };
  let searches = 0;
  const find = (): Promise<TrustedKey> => {
    searches += 1;
    return Promise.resolve(createPublicKey({ key: { ...signer.jwk }, format: 'jwk' }));
  };
  const verifier = new JwtVerifier(
    { current: () => Promise.resolve(undefined), find },
    {
      ...{ issuers: [ISSUER], audiences: [SERVICE], algorithms: ['ES256'], leewayMs: 0, now: () => clock.nowMs },
      read: ({ sub }) => sub,
    },
  );
  const token = await signer.sign({ nbf: 0, iat: 0 });
  await verifier.verify(token);
  await verifier.verify(token);
  t.is(searches, 1);
  clock.nowMs -= 3_600_000;
  await verifier.verify(token);
  t.is(searches, 2);
});

test('a remembered token counts until it expires, and not a moment longer', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const folder = await folderWith(t, { 'keys.json': JSON.stringify({ keys: [signer.jwk] }) });
  const { verifier, later } = await verifying({ jwks: join(folder, 'keys.json') });
  const token = await signer.sign({ exp: Math.floor(Date.now() / 1000) + 30 });
  await verifier.verify(token);
  later(10_000);
  await verifier.verify(token);
  later(30_000);
  await t.throwsAsync(verifier.verify(token), { message: /^it has expired at/ });
});

const REFUSED_FILES: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  'a list': [[], /it must be a JSON Web Key Set/],
  'no keys': [{ keys: [] }, /it holds no key that can check a signature/],
  'a number': [{ keys: [1] }, /key 1 of 1 is not an object/],
  'a private key': [{ keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }] }, /key 1 of 1 is a private key/],
  'a damaged key': [{ keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] }, /key 1 of 1 is not a public key/],
  'a short secret': [{ keys: [{ kty: 'oct', kid: 'a', k: 'YWJj' }] }, /a shared secret of 3 bytes; at least 32/],
  'a key for encryption only': [{ keys: [{ kty: 'RSA', use: 'enc' }] }, /it holds no key/],
};

for (const [what, [value, message]] of Object.entries(REFUSED_FILES)) {
  test(`a key file with ${what} is refused with the reason`, async (t) => {
    const folder = await folderWith(t, { 'keys.json': JSON.stringify(value) });
    await t.throwsAsync(verifying({ jwks: join(folder, 'keys.json') }), { message });
  });
}

test('two different keys with one id are refused, the same key twice is not', async (t) => {
  const [one, other] = [await TokenSigner.of('ES256', { kid: 'k' }), await TokenSigner.of('ES256', { kid: 'k' })];
  const folder = await folderWith(t, {
    'two.json': JSON.stringify({ keys: [one.jwk, other.jwk] }),
    'same.json': JSON.stringify({ keys: [one.jwk, one.jwk] }),
  });
  await t.throwsAsync(verifying({ jwks: join(folder, 'two.json') }), {
    message: 'jwks: two different keys have the kid "k"',
  });
  const { verifier } = await verifying({ jwks: join(folder, 'same.json') });
  t.is((await verifier.verify(await one.sign())).subject, 'ann');
});

test('a file that is missing, or a folder, is named with its key', async (t) => {
  const folder = await folderWith(t);
  await t.throwsAsync(verifying({ jwks: join(folder, 'none') }), {
    message: /^jwks: there is no file .*none; put the public keys of the token server there$/,
  });
  await t.throwsAsync(verifying({ rootcertbundle: folder }), { message: /^rootcertbundle: .* is not a regular file/ });
});

/** A token server that has these keys, or fails. */
async function keyServer(t: ExecutionContext, state: { keys?: readonly unknown[]; status?: number; text?: string }) {
  return ScriptedServer.start(t, (_request, response) =>
    answer(response, state.status ?? 200, state.text ?? { keys: state.keys }),
  );
}

test('keys of a URL are fetched once for many tokens, and again for one with a new key after the cooldown', async (t) => {
  const [old, fresh] = [await TokenSigner.of('ES256', { kid: 'old' }), await TokenSigner.of('ES256', { kid: 'new' })];
  const state = { keys: [old.jwk] };
  const server = await keyServer(t, state);
  const { verifier } = await verifying({ url: `${server.address}/keys` });
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => old.sign({ sub: `user${index}` })));
  await Promise.all(tokens.map((token) => verifier.verify(token)));
  t.deepEqual(server.asked, ['GET /keys']);
  state.keys = [old.jwk, fresh.jwk];
  const token = await fresh.sign();
  await t.throwsAsync(verifier.verify(token), { message: /^its key "new" is not known .*; known are old$/ });
  t.deepEqual(server.asked, ['GET /keys']);
  const { verifier: eager } = await verifying({ url: `${server.address}/keys`, cooldownMs: 0 });
  state.keys = [old.jwk];
  await eager.verify(await old.sign());
  state.keys = [fresh.jwk];
  t.is((await eager.verify(token)).subject, 'ann');
});

const BROKEN: Readonly<Record<string, { status?: number; text?: string }>> = {
  'answers 500': { status: 500 },
  redirects: { status: 302 },
  'answers with a page': { text: '<html>' },
  'answers without keys': { text: '{}' },
  'answers with a key that is none': { text: '{"keys":[1]}' },
  'answers too much': { text: ' '.repeat(1024 * 1024 + 1) },
};

for (const [what, state] of Object.entries(BROKEN)) {
  test(`while the server of the keys ${what}, no token counts, and it is asked every ten seconds at most`, async (t) => {
    const server = await keyServer(t, state);
    const { verifier, warnings, later } = await verifying({ url: `${server.address}/keys` });
    const signer = await TokenSigner.of('ES256');
    for (let count = 0; count < 5; count += 1) {
      await t.throwsAsync(verifier.verify(await signer.sign()), { name: 'KeysUnavailableError' });
    }
    t.is(server.asked.length, 1);
    t.regex(warnings.join('\n'), /^the keys for tokens could not be fetched: the answer [^\n]+$/);
    Object.assign(state, { status: 200, text: JSON.stringify({ keys: [signer.jwk] }) });
    later(10_000);
    t.is((await verifier.verify(await signer.sign())).subject, 'ann');
  });
}

test('a server of keys that has failed is asked again, even if the clock was set back meanwhile', async (t) => {
  const signer = await TokenSigner.of('ES256');
  const state: { keys: readonly unknown[]; status?: number } = { keys: [signer.jwk], status: 503 };
  const server = await keyServer(t, state);
  const { verifier, later } = await verifying({ url: `${server.address}/keys` });
  const token = await signer.sign({ nbf: 0, iat: 0 });
  await t.throwsAsync(verifier.verify(token), { name: 'KeysUnavailableError' });
  state.status = 200;
  later(-3_600_000);
  t.is((await verifier.verify(token)).subject, 'ann');
});
