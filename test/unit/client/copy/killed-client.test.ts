import { join } from 'node:path';
import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { LayoutStore } from '../../../../client/stores/layout/layout-store.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { makeImage, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { runClient } from '../../../helpers/client/killed-copy.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const BYTES = 40 * 1024 * 1024;
const LATEST = { images: [{ from: tagged('latest') }] };

for (const direction of ['push', 'pull'] as const) {
  test(`a ${direction} goes on where a client was killed`, async (t) => {
    const folder = await tempRoot(t);
    const server = await withRegistry(t, { storage: { filesystem: {} } });
    const { address } = server;
    const { host } = new URL(address);
    const repository = 'team/app';
    const remote = new RegistryStore(
      { registry: openRemote(t, address) },
      { host, repository: parseRepositoryName(repository) },
    );
    const source = new MemoryStore();
    const { config } = await makeImage(source, { layers: randomLayers(1, BYTES), tag: 'latest' });
    const layout = new LayoutStore(join(folder, 'layout'));
    const [full, empty] = direction === 'push' ? [layout, remote] : [remote, layout];
    await copy(source, full, LATEST).result;

    const places = { direction, address, repository, folder: join(folder, 'layout'), records: join(folder, 'records') };
    t.is(await runClient(t, places, BYTES / 2), undefined);
    await t.throwsAsync(empty.manifest(tagged('latest')), {
      code: direction === 'push' ? 'MANIFEST_UNKNOWN' : 'not-found',
    });
    const second = await runClient(t, places);
    const { moved = 0, kept = 0 } = second ?? {};
    t.true(kept > BYTES / 4, `${kept} bytes were kept`);
    t.is(moved + kept, BYTES + config.size);
    t.is((await copy(empty, new MemoryStore(), LATEST).result).bytes, BYTES + config.size);
  });
}
