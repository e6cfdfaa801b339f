import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadDriver } from '../../../plugins/loading/load-driver.ts';
import { pluginRequests } from '../../../server/composition/plugin-requests.ts';
import { type Environment, loadConfiguration } from '../../../server/config/index.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';

const FOLDER = '/dist/server/config/';

/** How often each function of `server/config` ran, by the name of its file and its place there. */
type Calls = ReadonlyMap<string, number>;

/** Counts the calls of functions, as V8 itself does. */
async function callCounter(t: ExecutionContext): Promise<(act: () => Promise<void>) => Promise<Calls>> {
  const session = new Session();
  session.connect();
  t.teardown(() => session.disconnect());
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  return async (act) => {
    // Taking the counts resets them.
    await session.post('Profiler.takePreciseCoverage');
    await act();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return new Map(
      result.flatMap(({ url, functions }) => {
        const [, file] = url.split(FOLDER);
        return file === undefined ? [] : functions.map(({ ranges: [all] }) => entry(file, all));
      }),
    );
  };
}

function entry(file: string, range: { startOffset: number; count: number } | undefined): readonly [string, number] {
  return [`${file}:${range?.startOffset}`, range?.count ?? 0];
}

/** From a file and variables to `create()` of the driver. */
async function open(folder: string, env: Environment): Promise<void> {
  const text = JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory: folder } } });
  const loaded = await loadConfiguration({ path: join(folder, 'config.yml'), text, env });
  const { driver } = pluginRequests(loaded, { warn: () => undefined, redis: undefined });
  await using _ = await loadDriver(driver.name, driver.options, driver.place);
}

test('an option that a variable gives a driver passes at most twelve files of server/config', async (t) => {
  const folder = await tempRoot(t);
  const callsOf = await callCounter(t);
  // What runs once in a process is on the way of no key.
  await open(folder, {});
  const without = await callsOf(() => open(folder, {}));
  const given = await callsOf(() => open(folder, { REGISTRY_STORAGE_FILESYSTEM_MAXTHREADS: '50' }));
  const more = [...given].filter(([place, count]) => count > (without.get(place) ?? 0));
  // It runs once, with or without the key.
  const files = new Set(['load-configuration.js', ...more.map(([place]) => place.split(':', 1)[0] ?? '')]);
  const names = [...files].join(', ');
  for (const file of ['engine/environment.js', 'engine/tree.js', 'sections/storage.js']) t.true(files.has(file), names);
  t.true(files.size <= 12, names);
});
