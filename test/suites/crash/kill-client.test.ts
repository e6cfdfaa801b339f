import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { copy, LayoutStore, MemoryStore, RegistryStore } from '../../../client/index.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { makeImage, randomLayers, tagged } from '../../helpers/client/images.ts';
import { runClient } from '../../helpers/client/killed-copy.ts';
import { openRemote } from '../../helpers/client/open-remote.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { freePort } from '../../helpers/processes/free-port.ts';
import { Random } from '../simulation/random.ts';
import { startServer } from './server-process.ts';

const KILLS = 30;
const LAYERS = 6;
const MIB = 1024 * 1024;
/** What one layer may lose: bytes between client and server, and those that are not written yet. */
const CHUNK = 8 * MIB;
const LATEST = { images: [{ from: tagged('latest') }] };
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Given {
  readonly source: MemoryStore;
  readonly bytes: number;
  readonly folder: string;
}

async function imageIn(t: ExecutionContext, random: Random): Promise<Given> {
  const source = new MemoryStore();
  const layers = Array.from({ length: LAYERS }, () => randomLayers(1, MIB * (2 + random.below(10)))).flat();
  const { config } = await makeImage(source, { layers, tag: 'latest' });
  const bytes = layers.reduce((sum, layer) => sum + layer.byteLength, config.size);
  return { source, bytes, folder: await tempRoot(t) };
}

for (const direction of ['push', 'pull'] as const) {
  test(`a client that is killed during a ${direction} is followed by one that moves only what is missing`, async (t) => {
    t.log(`CRASH_SEED=${seed}`);
    const random = new Random(seed);
    const { source, bytes, folder } = await imageIn(t, random);
    const port = await freePort();
    let server = await startServer(t, folder, { port });
    const { address } = server.registry;
    const host = new URL(address).host;
    const layout = join(folder, 'layout');
    const given = new RegistryStore(
      { registry: openRemote(t, address) },
      { host, repository: parseRepositoryName('given') },
    );
    await copy(source, direction === 'push' ? new LayoutStore(layout) : given, LATEST).result;
    let killed = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const repository = direction === 'push' ? `round/${round}` : 'given';
      const places = {
        ...{ direction, address, repository, records: join(folder, 'records') },
        folder: direction === 'push' ? layout : join(folder, `layout-${round}`),
      };
      const killAfter = 1 + random.below(bytes);
      const isRestarted = direction === 'push' && random.chance(0.3);
      const first = await runClient(t, places, killAfter);
      if (first === undefined) killed += 1;
      if (isRestarted) {
        await server.kill();
        server = await startServer(t, folder, { port });
      }
      const second = await runClient(t, places);
      t.truthy(second);
      const { moved = 0, kept = 0 } = second ?? {};
      const about = `round ${round}: killed after ${killAfter} of ${bytes}, then ${moved} moved, ${kept} kept`;
      t.true(moved <= bytes - kept + LAYERS * MIB, about);
      if (!isRestarted) t.true(kept >= killAfter - LAYERS * CHUNK, about);
      const target =
        direction === 'pull'
          ? new LayoutStore(places.folder)
          : new RegistryStore(
              { registry: openRemote(t, address) },
              { host, repository: parseRepositoryName(repository) },
            );
      // Whatever is read is verified.
      t.is((await copy(target, new MemoryStore(), LATEST).result).bytes, bytes, about);
    }
    t.true(killed > KILLS / 2, `${killed} of ${KILLS} clients were killed`);
  });
}
