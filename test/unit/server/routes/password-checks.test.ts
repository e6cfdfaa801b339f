import { join } from 'node:path';
import { verify } from '@node-rs/bcrypt';
import test, { type ExecutionContext } from 'ava';
import { CredentialAccess } from '../../../../plugins/auth/credentials/credential-access.ts';
import { HtpasswdVerifier } from '../../../../plugins/auth/htpasswd/htpasswd-verifier.ts';
import { PasswordCheck } from '../../../../plugins/auth/htpasswd/password-check.ts';
import { PasswordSource } from '../../../../plugins/auth/htpasswd/password-source.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { digestOf, imageManifest } from '../../../helpers/http/with-registry.ts';
import { ANN, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const LAYERS = Array.from({ length: 50 }, (_, index) => `layer ${index}`);
const PULL = ['/v2/app/manifests/v1', ...LAYERS.map((layer) => `/v2/app/blobs/${digestOf(layer)}`)];

/** A registry with an image of 50 layers, for the users of a password file; it counts what bcrypt checks. */
async function guarded(t: ExecutionContext) {
  const registry = memoryRegistry();
  const open = await serveRegistry(t, registry);
  for (const content of ['{}', ...LAYERS]) await open.pushBlob('app', content);
  const type = 'application/vnd.oci.image.manifest.v1+json';
  await open.putManifest('app', 'v1', { body: imageManifest(...LAYERS), type });
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n` });
  const source = await PasswordSource.open(join(folder, 'htpasswd'), { warn: () => undefined });
  let checks = 0;
  const check = new PasswordCheck({
    verify: (password, hash) => {
      checks += 1;
      return verify(password, hash);
    },
  });
  const access = new CredentialAccess({ realm: 'here', verifiers: [new HtpasswdVerifier(source, check)] });
  const served = await serveRegistry(t, registry, access);
  const statusOf = async (path: string, password = ANN.password): Promise<number> =>
    (await served.ask('GET', path, { headers: { Authorization: basic('ann', password) } })).status;
  return { statusOf, countChecks: () => checks };
}

test('a pull of 50 layers with a password costs one bcrypt', async (t) => {
  const { statusOf, countChecks } = await guarded(t);
  for (const path of PULL) t.is(await statusOf(path), 200, path);
  t.is(countChecks(), 1);
});

test('50 first requests at the same time cost one bcrypt together', async (t) => {
  const { statusOf, countChecks } = await guarded(t);
  t.deepEqual([...new Set(await Promise.all(PULL.map((path) => statusOf(path))))], [200]);
  t.is(countChecks(), 1);
});

test('a wrong password is checked in each request that does not coincide with another one', async (t) => {
  const { statusOf, countChecks } = await guarded(t);
  for (const path of PULL.slice(0, 5)) t.is(await statusOf(path, 'wrong'), 401);
  t.is(countChecks(), 5);
});
