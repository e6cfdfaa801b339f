import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { LayoutStore } from '../../../../client/stores/layout/layout-store.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { makeImage, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { runClient, runLimitedClient } from '../../../helpers/client/killed-copy.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const MIB = 1024 * 1024;
const LATEST = { images: [{ from: tagged('latest') }] };

test('a pull to a disk that is full keeps what it has, under no final name, and the next one resumes', async (t) => {
  const folder = await tempRoot(t);
  const { address } = await withRegistry(t);
  const { host } = new URL(address);
  const repository = 'team/app';
  const name = parseRepositoryName(repository);
  const remote = new RegistryStore({ registry: openRemote(t, address) }, { host, repository: name });
  const source = new MemoryStore();
  const { config, layers } = await makeImage(source, { layers: randomLayers(1, 12 * MIB), tag: 'latest' });
  await copy(source, remote, LATEST).result;
  const places = { direction: 'pull', address, repository, folder: join(folder, 'layout'), records: folder } as const;

  const said = await runLimitedClient(places, 5 * MIB);
  t.regex(said, /StoreError/);
  t.regex(said, /EFBIG/);
  const layout = new LayoutStore(places.folder);
  t.is(await layout.blobSize(layers[0]?.digest as never), undefined);
  await t.throwsAsync(layout.manifest(tagged('latest')), { code: 'not-found' });
  t.true((await readdir(join(places.folder, '.stowage'))).some((file) => file.endsWith('.part')));

  const { moved = 0, kept = 0 } = (await runClient(t, places)) ?? {};
  t.true(kept >= 5 * MIB, `${kept} bytes were kept`);
  t.is(moved + kept, 12 * MIB + config.size);
  t.is((await copy(layout, new MemoryStore(), LATEST).result).bytes, 12 * MIB + config.size);
});
