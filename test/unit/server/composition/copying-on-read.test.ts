import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Digest } from '../../../../core/digest/digest.ts';
import type { RepositoryName } from '../../../../core/model/reference.ts';
import { createCollectionId } from '../../../../core/registry/local/collection/collection-id.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { movingRegistry, pull } from '../../../helpers/http/moving-registry.ts';
import { digestOf, withRegistry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

test('an old storage that does not exist or has nothing prevents the start', async (t) => {
  const folder = await tempRoot(t);
  const storage = (rootdirectory: string) => ({ filesystem: {}, copyfrom: { filesystem: { rootdirectory } } });
  const missing = join(folder, 'missing');
  await t.throwsAsync(withRegistry(t, { folder, storage: storage(missing) }), {
    message: /storage\.copyfrom\.filesystem.*it does not exist/s,
  });
  await mkdir(missing);
  await t.throwsAsync(withRegistry(t, { folder, storage: storage(missing) }), {
    message: /storage\.copyfrom\.filesystem: it has no repositories .*remove storage\.copyfrom/,
  });
});

test('a killed collection of the old storage prevents the start until it is completed, so nothing looks missing', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  await old.pushImage('app', 'v1', 'layer');
  await old.stop();
  const paths = new PathMapper();
  const content = paths.blobData(digestOf('layer') as Digest);
  const aside = join(old.root, paths.collections.aside(createCollectionId(), content));
  await mkdir(join(aside, '..'), { recursive: true });
  await rename(join(old.root, content), aside);
  await t.throwsAsync(serve(), {
    message: /storage\.copyfrom\.filesystem: a garbage collection of it has not ended; complete it by "stowage gc"/,
  });
  t.is((await runInProcess(['gc', configurations.old])).code, 0);
  await pull(await serve(), 'app', 'v1');
  const { stdout } = await runInProcess(['copy-storage', '--dry-run', configurations.old, configurations.new]);
  t.notRegex(stdout, /a garbage collection of the source/);
});

test('remains of a collection that has set nothing aside let the registry start', async (t) => {
  const { old, serve } = await movingRegistry(t);
  await old.pushImage('app', 'v1', 'layer');
  await old.stop();
  const paths = new PathMapper();
  const { collections } = paths;
  const [ended, begun] = [createCollectionId(), createCollectionId()];
  for (const path of [collections.candidates(ended), collections.filter(begun)]) {
    await mkdir(join(old.root, path, '..'), { recursive: true });
    await writeFile(join(old.root, path), '');
  }
  // A folder whose file was put back stays for a while.
  await mkdir(join(old.root, collections.aside(ended, paths.blobData(digestOf('layer') as Digest)), '..'), {
    recursive: true,
  });
  t.not(await pull(await serve(), 'app', 'v1'), undefined);
});

test('what a killed collection has set aside in a read-only old storage is moved by copy-storage, as the refusal says', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  await old.pushImage('app', 'v1', 'layer');
  await old.stop();
  const paths = new PathMapper();
  const id = createCollectionId();
  const layer = digestOf('layer') as Digest;
  for (const path of [paths.blobData(layer), paths.layerLink('app' as RepositoryName, layer)]) {
    const aside = join(old.root, paths.collections.aside(id, path));
    await mkdir(join(aside, '..'), { recursive: true });
    await rename(join(old.root, path), aside);
  }
  await t.throwsAsync(serve(), { message: /If the old storage is read-only, .* run "stowage copy-storage", / });
  t.is((await runInProcess(['copy-storage', configurations.old, configurations.new])).code, 0);
  t.not(await pull(await serve({ readsOld: false }), 'app', 'v1'), undefined);
});

test('a repository that is being deleted in the old storage prevents the start', async (t) => {
  const { old, serve } = await movingRegistry(t);
  await old.pushImage('app', 'v1', 'layer');
  await old.stop();
  const change = join(old.root, new PathMapper().collections.of(`change-${createCollectionId()}`), 'change');
  await mkdir(join(change, '..'), { recursive: true });
  await writeFile(change, JSON.stringify({ action: 'delete', name: 'app', announcedAt: new Date() }));
  await t.throwsAsync(serve(), { message: /complete that by "stowage run repository-changes" with the old conf/ });
});
