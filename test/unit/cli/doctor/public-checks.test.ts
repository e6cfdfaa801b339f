import { readdir, readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { issuerClocks } from '../../../../cli/doctor/checks/issuer-clocks.ts';
import { publicAddress } from '../../../../cli/doctor/checks/public-address.ts';
import { publicTls } from '../../../../cli/doctor/checks/public-tls.ts';
import { publicUploads } from '../../../../cli/doctor/checks/public-uploads.ts';
import { PublicAddress } from '../../../../cli/doctor/public-address.ts';
import type { RemoteRegistryOptions } from '../../../../client/remote/remote-registry-options.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { as, passwordOf, usersIn } from '../../../helpers/http/audited-registry.ts';
import { type ProxyMistakes, reverseProxy } from '../../../helpers/http/reverse-proxy.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { examined, loadedFrom, troubles } from '../../../helpers/running/examined.ts';
import { secret } from '../../../helpers/secrets/known-secrets.ts';

const CHECKS = { publicAddress, publicUploads, publicTls };

/** What a check says about an address that is not as it should be. */
async function found(
  t: ExecutionContext,
  check: keyof typeof CHECKS,
  { origin, remote = {}, http = {} }: { origin: string; remote?: Partial<RemoteRegistryOptions>; http?: object },
): Promise<string[]> {
  const url = new URL(origin);
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const address = new PublicAddress({
    url,
    repository: name('stowage-doctor'),
    remote: { host: url.host, scheme, ...remote },
  });
  t.teardown(() => address[Symbol.asyncDispose]());
  const loaded = await loadedFrom({ http: { trustedproxies: ['127.0.0.1'], ...http } });
  return troubles(CHECKS[check], { ...examined(t, loaded), publicAddress: () => address });
}

test('a registry that is reached directly, or through a good proxy, passes, and keeps no upload', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  for (const origin of [registry.address, await reverseProxy(t, registry.address, {})]) {
    t.deepEqual(await found(t, 'publicAddress', { origin }), []);
    t.deepEqual(await found(t, 'publicUploads', { origin }), []);
  }
  const left = await readdir(registry.root, { recursive: true, withFileTypes: true });
  t.deepEqual(
    left.filter((entry) => entry.isFile() && entry.name === 'data'),
    [],
  );
});

const MISTAKES: ReadonlyArray<readonly [string, keyof typeof CHECKS, ProxyMistakes, RegExp]> = [
  ['limits bodies', 'publicUploads', { maxBodyBytes: 1024 ** 2 }, /^failure: a body of 2 MiB is refused \(413\)$/],
  ['takes no chunked bodies', 'publicUploads', { needsLength: true }, /^failure: a body of unknown length .* \(411\)$/],
  [
    'collects bodies',
    'publicUploads',
    { collectsBodies: true },
    /^note: a proxy collects the whole body of a request /,
  ],
  ['changes Host', 'publicUploads', { changesHost: true }, /^failure: clients are sent to http:\/\/\S+ with their up/],
  ['drops headers', 'publicAddress', { dropped: ['docker-distribution-api-version'] }, /^warning: the header Docker-/],
  [
    'adds a path',
    'publicAddress',
    { prefix: '/registry' },
    /^failure: GET \S+\/v2\/ answers 404, which is no registry$/,
  ],
];

for (const [what, check, mistakes, expected] of MISTAKES) {
  test(`a proxy that ${what} is found out`, async (t) => {
    const registry = await withRegistry(t);
    const findings = await found(t, check, { origin: await reverseProxy(t, registry.address, { mistakes }) });
    t.is(findings.length, 1, findings.join('\n'));
    t.regex(findings[0] ?? '', expected);
  });
}

test('a proxy that the configuration does not know is worth a note', async (t) => {
  const registry = await withRegistry(t);
  const origin = await reverseProxy(t, registry.address, {});
  const [finding = ''] = await found(t, 'publicAddress', { origin, http: { trustedproxies: [] } });
  t.regex(
    finding,
    /^note: a proxy answers \("nginx\/1\.22\.1"\), and http\.trustedproxies is empty: rules see its address/,
  );
});

test('an upload needs a user where the registry asks for one, and says so without', async (t) => {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { auth: await usersIn(folder, 'ann'), folder });
  const origin = registry.address;
  await t.throwsAsync(found(t, 'publicUploads', { origin }), { message: /give one with --username$/ });
  as('ann');
  const credentials = { find: async () => ({ username: 'ann', password: secret(passwordOf('ann')), origin: 'test' }) };
  t.deepEqual(await found(t, 'publicUploads', { origin, remote: { credentials } }), []);
  const wrong = { find: async () => ({ username: 'ann', password: 'guessed it', origin: 'test' }) };
  await t.throwsAsync(found(t, 'publicUploads', { origin, remote: { credentials: wrong } }), {
    message: 'this user may not push to stowage-doctor',
  });
});

testWithCertificates(
  'a proxy with TLS that hides it sends clients to plain HTTP, and an authority that nobody knows is found',
  async (t, { certificates }) => {
    const root = await certificates.make('root', 'authority');
    const server = await certificates.make('server', 'server', root);
    const [ca, cert, key] = await Promise.all(
      [root.certFile, server.certFile, server.keyFile].map((file) => readFile(file, 'utf8')),
    );
    const tls = { cert: cert ?? '', key: key ?? '' };
    const registry = await withRegistry(t);
    const remote = { tls: { ca } };
    const origin = await reverseProxy(t, registry.address, { tls });
    t.deepEqual(await found(t, 'publicUploads', { origin, remote }), []);
    const [expiry = '', ...others] = await found(t, 'publicTls', { origin, remote });
    t.regex(expiry, /^warning: localhost:\d+: the certificate of "localhost" expires in 1 days, on /);
    t.deepEqual(others, []);
    t.regex(
      (await found(t, 'publicTls', { origin })).join('\n'),
      /^failure: the chain does not lead to an authority that clients trust \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/m,
    );
    const hiding = await reverseProxy(t, registry.address, { tls, mistakes: { hidesScheme: true } });
    const [finding = ''] = await found(t, 'publicUploads', { origin: hiding, remote });
    t.regex(
      finding,
      /^failure: clients are sent to http:\/\/localhost:\d+ with their uploads, not to https:\/\/localhost:\d+$/,
    );
  },
);

test('the clocks of token servers are asked, wherever their addresses stand', async (t) => {
  const { address } = await withRegistry(t);
  const base = await loadedFrom({});
  const withAuth = (options: object) =>
    examined(t, { ...base, configuration: { ...base.configuration, auth: [{ name: 'any', options }] } });
  t.deepEqual(await troubles(issuerClocks, withAuth({ issuers: [{ issuer: `${address}/realm` }] })), []);
  const [finding = ''] = await troubles(issuerClocks, withAuth({ realm: 'http://127.0.0.1:1/token' }));
  t.regex(finding, /^failure: http:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
  await t.throwsAsync(troubles(issuerClocks, withAuth({ realm: 'My registry' })), { message: /no token server/ });
});
