import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Credentials, copy, MemoryStore, RegistryStore, type RemoteRegistry } from '../../../client/index.ts';
import { parseReference, parseRepositoryName } from '../../../core/model/reference.ts';
import { Transport } from '../../../verify/bench/transport.ts';
import { CHECKS } from '../../../verify/checks/index.ts';
import { RefusedError } from '../../../verify/run/refused-error.ts';
import { TokenServer, type TokenServerOptions } from '../../helpers/auth/token-server.ts';
import { makeImage, randomLayers, tagged } from '../../helpers/client/images.ts';
import { openRemote } from '../../helpers/client/open-remote.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { CertificateMaker, hasOpenssl } from '../../helpers/http/certificates.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { verification } from '../../helpers/verify/verification.ts';
import { checkImage } from './check-image.ts';
import { findDistribution, serve } from './registries.ts';

const NAME = parseRepositoryName('team/app');
const PUBLIC = parseRepositoryName('public/app');
const V1 = { images: [{ from: tagged('v1') }] };
const USER = { username: 'ann', password: 'secret', origin: 'a test' };

const openssl = (await hasOpenssl()) ? [] : ['put openssl 3.0 or newer in PATH'];
const kinds = {
  'docker-registry': missingPackages({ 'docker-registry': 'docker-registry' }),
  distribution:
    findDistribution() === undefined ? ['go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2'] : [],
} as const;

for (const [kind, missing] of Object.entries(kinds) as [keyof typeof kinds, readonly string[]][]) {
  // It comes by `go install` only, so that a machine without Go cannot have it.
  if (kind === 'distribution' && missing.length > 0) {
    process.stderr.write(`Not tested: tokens for distribution 3, which needs ${missing.join()}\n`);
    continue;
  }
  const test = testsThatNeed([...missing, ...openssl], {
    describe: (count) => `all ${count} tests of tokens for ${kind}`,
  });

  /** A registry that wants tokens of a token server. */
  const tokenRegistry = async (t: ExecutionContext, options: Omit<TokenServerOptions, 'signer'> = {}) => {
    const folder = await tempRoot(t);
    const signer = await new CertificateMaker(folder).make('tokens', 'authority');
    const tokens = await TokenServer.start(t, { signer, ...options });
    const { url } = await serve(t, kind, join(folder, 'root'), { auth: tokens.auth(signer) });
    const open = (credentials?: Credentials): RemoteRegistry =>
      openRemote(t, url, credentials === undefined ? {} : { credentials: { find: async () => credentials } });
    return { tokens, open, url };
  };

  test(`${kind} takes tokens that a password gets, each for what a call needs`, async (t) => {
    const { tokens, open } = await tokenRegistry(t);
    await checkImage(t, open(USER));
    const scopes = new Set(tokens.asked);
    for (const scope of [
      'repository:team/app:pull',
      'repository:team/app:pull,push',
      'repository:team/copy:pull,push repository:team/app:pull',
      'repository:team/app:pull,delete',
      'registry:catalog:*',
    ])
      t.true(scopes.has(`Basic ${scope}`), `${scope} in ${[...scopes].join(', ')}`);
    t.true(tokens.asked.length < 15, `${tokens.asked.length} tokens`);
    await t.throwsAsync(open({ ...USER, password: 'wrong' }).ping(), { code: 'UNAUTHORIZED' });
  });

  test(`${kind} takes tokens that a refresh token gets, or a password by POST`, async (t) => {
    const { tokens, open } = await tokenRegistry(t, { only: 'POST' });
    await checkImage(t, open({ username: '', password: '', identityToken: 'REFRESH', origin: 'a test' }));
    t.true(tokens.asked.every((how) => how.startsWith('refresh_token ')));
    const before = tokens.asked.length;
    await checkImage(t, open(USER));
    t.true(tokens.asked.slice(before).every((how) => how.startsWith('password ')));
    const refused = open({ ...USER, identityToken: 'OLD' });
    await t.throwsAsync(refused.ping(), { code: 'UNAUTHORIZED', message: /invalid_grant/ });
  });

  test(`a verification of ${kind} gets a token for what each check needs`, async (t) => {
    const { tokens, url } = await tokenRegistry(t);
    const host = new URL(url).host;
    const checks = CHECKS.filter(({ group }) => group === 'pull' || group === 'push');
    const transport = new Transport({ host, scheme: 'http', credentials: { find: async () => USER } });
    const { results, cleanUp, repository } = await verification(t, { address: url }, { transport, checks });
    t.deepEqual(
      results.filter(({ reason }) => reason !== undefined && /40[13]/.test(reason)),
      [],
    );
    t.true(results.filter(({ outcome }) => outcome === 'passed').length > 60);
    t.deepEqual(cleanUp.left, []);
    t.true(tokens.asked.includes(`Basic repository:${repository}:pull,push`));
    const unknown = verification(t, { address: url }, { checks });
    await t.throwsAsync(unknown, {
      instanceOf: RefusedError,
      message: /^the start of an upload was answered with 401/,
    });
  });

  test(`everybody may pull from ${kind} what is public, and push nothing`, async (t) => {
    const { tokens, open } = await tokenRegistry(t);
    const source = new MemoryStore();
    const { descriptor } = await makeImage(source, { layers: randomLayers(3, 50_000), tag: 'v1' });
    for (const repository of [PUBLIC, NAME]) {
      const target = new RegistryStore({ registry: open(USER) }, { repository, host: kind });
      await copy(source, target, V1).result;
    }
    const anonymous = open();
    const pulled = new MemoryStore();
    const from = new RegistryStore({ registry: anonymous }, { repository: PUBLIC, host: kind });
    t.is((await copy(from, pulled, V1).result).images[0]?.digest, descriptor.digest);
    t.true(tokens.asked.includes('anonymous repository:public/app:pull'));
    await t.throwsAsync(anonymous.layers.upload(PUBLIC), { code: 'UNAUTHORIZED' });
    const hidden = await t.throwsAsync(anonymous.manifests.get(NAME, parseReference('v1')), { code: 'UNAUTHORIZED' });
    t.regex((hidden as Error & { advice: string }).advice, /^log in to 127\.0\.0\.1/);
  });

  test(`a copy to ${kind} and from it goes on when tokens end under way`, async (t) => {
    // A token is used once, and some are dead: fewer than one request is repeated for.
    const dead = new Set([3, 6]);
    const { tokens, open } = await tokenRegistry(t, { lifeS: 0.001, isDead: (count) => dead.has(count) });
    const source = new MemoryStore();
    const { descriptor } = await makeImage(source, { layers: randomLayers(6, 200_000), tag: 'v1' });
    const target = new RegistryStore({ registry: open(USER) }, { repository: NAME, host: kind });
    await copy(source, target, V1).result;
    for (const count of [2, 4]) dead.add(tokens.asked.length + count);
    const from = new RegistryStore({ registry: open(USER) }, { repository: NAME, host: kind });
    const pulled = new MemoryStore();
    t.is((await copy(from, pulled, V1).result).images[0]?.digest, descriptor.digest);
    // Requests at the same time may share a token, so that their number differs; the dead ones were all given out.
    t.true(tokens.asked.length > Math.max(...dead), `${tokens.asked.length} tokens`);
  });
}
