import test from 'ava';
import {
  copy,
  digestOf,
  MemoryStore,
  parseDigest,
  parseReference,
  parseRepositoryName,
  RegistryError,
  RegistryStore,
} from '../../../client/index.ts';
import { openRemote } from '../../helpers/client/open-remote.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';

test('what stowage/client exports suffices to read a registry and to copy from it', async (t) => {
  const server = await withRegistry(t);
  const digest = await server.pushImage('team/app', 'v1');
  const registry = openRemote(t, server.address);
  const repository = parseRepositoryName('team/app');
  const { bytes } = await registry.manifests.get(repository, parseReference('v1'));
  t.is(parseDigest(digest), digestOf(bytes));
  const missing = await t.throwsAsync(registry.manifests.get(repository, parseReference('v2')));
  t.true(RegistryError.is(missing, 'MANIFEST_UNKNOWN'));

  await using source = new RegistryStore({ registry }, { repository, host: new URL(server.address).host });
  await using target = new MemoryStore();
  await copy(source, target, { images: [{ from: parseReference('v1') }] }).result;
  t.is((await target.manifest(parseReference(digest))).bytes.toString(), bytes.toString());
});
