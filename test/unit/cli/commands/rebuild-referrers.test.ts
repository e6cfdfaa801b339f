import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { artifact, descriptorOf, push, referrersOf } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

test('rebuild-referrers lists the referrers that another program stored, and reports where', async (t) => {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const subject = descriptorOf(artifact({ annotations: { is: 'the subject' } }));
  const one = artifact({ subject });
  for (const name of ['app', 'other/app']) await push(registry, name, one);
  await push(registry, 'plain', artifact());
  await registry.stop();
  const repositories = join(registry.root, 'docker/registry/v2/repositories');
  for (const name of ['app', 'other/app']) await rm(join(repositories, name, '_referrers'), { recursive: true });

  // An earlier run was interrupted; since then, another program has written to the storage.
  const jobFolder = join(registry.root, 'docker/registry/v2/_jobs/referrer-rebuild');
  await mkdir(jobFolder, { recursive: true });
  const checkpoint = { value: { repository: 'zeta' }, begunAtMs: Date.now() - 1_000 };
  await writeFile(join(jobFolder, 'checkpoint'), JSON.stringify(checkpoint));
  const storage = { filesystem: { rootdirectory: registry.root } };
  const path = join(folder, 'rebuild.yml');
  const log = { level: 'error' };
  await writeFile(path, JSON.stringify({ version: 0.1, log, storage, http: { addr: '127.0.0.1:0', secret: 'x' } }));
  const { code, stdout, stderr } = await runInProcess(['rebuild-referrers', path]);
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'app: 1 referrers\nother/app: 1 referrers\n', stderr: '' });

  const again = await withRegistry(t, { storage });
  for (const name of ['app', 'other/app']) {
    t.deepEqual((await referrersOf(again, name, subject.digest)).digests, [one.digest]);
  }
  t.deepEqual((await referrersOf(again, 'plain', subject.digest)).digests, []);
});

/** Wraps a driver: the process gets SIGTERM when the repositories are listed. */
const SIGNALLING = pluginSource(
  'driver-wrapper',
  `() => bindPort(DRIVER_WRAPPER, {
    wrap: (driver) => Object.assign(Object.create(null), {
      name: driver.name,
      capabilities: driver.capabilities,
      ...Object.fromEntries(['stat', 'read', 'write', 'openWriter', 'move', 'delete']
        .map((name) => [name, (...given) => driver[name](...given)])),
      list: async function* (path, ...given) {
        if (path.endsWith('/repositories')) {
          // A signal does not keep a process running, as a call of a real storage does.
          const call = setInterval(() => undefined, 1000);
          const arrived = new Promise((resolve) => process.once('SIGTERM', resolve));
          process.kill(process.pid, 'SIGTERM');
          await arrived;
          clearInterval(call);
        }
        yield* driver.list(path, ...given);
      },
      [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
    }),
  })`,
);

test('SIGTERM stops rebuild-referrers before the next repository, and it says so', async (t) => {
  const folder = await folderWith(t, { 'signalling.mjs': SIGNALLING });
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  await push(registry, 'app', artifact({ subject: descriptorOf(artifact()) }));
  const path = join(folder, 'rebuild.yml');
  const configuration = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: registry.root } },
    middleware: { storage: [{ name: './signalling.mjs' }] },
    http: { addr: '127.0.0.1:0', secret: 'x' },
  };
  await writeFile(path, JSON.stringify(configuration));
  t.deepEqual(await startNode(['dist/bundle/bin.js', 'rebuild-referrers', path]).finished, {
    code: 1,
    stdout: '',
    stderr: 'stowage: referrer-rebuild was stopped before it completed; "stowage run --resume" continues it\n',
  });
});
