import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { seedOf, testsOf } from './client-test.ts';
import { run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { blobDigests, readEntry, writeImageLayout } from './images/oci-layout.ts';
import { SMALL_LAYERS } from './images/recipe.ts';

const test = testsOf('an installed driver', { skopeo: 'skopeo' });

// This file runs as dist/test/suites/clients/installed-driver.test.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');
// npm uses the packages that `npm ci` has fetched.
const NPM_OPTIONS = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

function npm(folder: string, ...args: string[]): Promise<string> {
  return run('npm', [...args, '--prefix', folder, ...NPM_OPTIONS]);
}

/** Packs the package in `folder`, without building it again, and returns the file. */
async function pack(folder: string, into: string, ...options: string[]): Promise<string> {
  await run('npm', ['pack', folder, '--pack-destination', into, ...options, ...NPM_OPTIONS], { cwd: folder });
  const [file] = (await readdir(into)).filter((name) => name.endsWith('.tgz'));
  if (file === undefined) throw new Error(`npm pack has left no file in ${into}`);
  return join(into, file);
}

/** Serves with the packages in `folder`, and nothing of this repository. */
async function serve(t: ExecutionContext, folder: string): Promise<{ readonly daemon: Daemon; readonly host: string }> {
  const daemon = startDaemon(t, join(folder, 'node_modules/.bin/stowage'), ['serve', join(folder, 'config.yml')]);
  const [, host = ''] = await daemon.printed(/http:\/\/(127\.0\.0\.1:[1-9]\d*)/);
  return { daemon, host };
}

test('a driver that was packed and installed keeps images over a restart, and its own tests pass', async (t) => {
  const { folder, env } = await containersHome(t);
  const [author, operator] = [join(folder, 'author'), join(folder, 'operator')];
  const packs = [join(folder, 'stowage'), join(folder, 'driver')] as const;
  await Promise.all([author, operator, ...packs].map((path) => mkdir(path)));
  const stowage = await pack(REPOSITORY, packs[0], '--ignore-scripts');

  await cp(join(REPOSITORY, 'examples/driver-sqlite'), author, {
    recursive: true,
    filter: (path) => !/\/(?:node_modules|dist)$/.test(path),
  });
  await npm(author, 'install', '--save-dev', stowage);
  const tested = await run('npm', ['test', '--prefix', author], { cwd: author });
  t.regex(tested, /^. pass [1-9]\d+$/m);
  t.regex(tested, /^. fail 0$/m);
  const driver = await pack(author, packs[1]);

  await npm(operator, 'install', stowage, driver);
  const config = {
    version: 0.1,
    storage: { sqlite: { file: 'registry.db' } },
    http: { addr: '127.0.0.1:0', secret: 'only for this test' },
  };
  await writeFile(join(operator, 'config.yml'), stringify(config));
  const [pushed, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
  const manifest = await writeImageLayout(pushed, { seed: seedOf(t), layers: SMALL_LAYERS });
  const skopeo = (...args: string[]) => run('skopeo', ['copy', ...args], { env });

  const first = await serve(t, operator);
  await skopeo('--dest-tls-verify=false', `oci:${pushed}:latest`, `docker://${first.host}/library/image:v1`);
  t.is(await first.daemon.stop(), 0);
  const second = await serve(t, operator);
  await skopeo('--src-tls-verify=false', `docker://${second.host}/library/image:v1`, `oci:${pulled}:latest`);

  t.is((await readEntry(pulled)).digest, manifest.digest);
  t.deepEqual(await blobDigests(pulled), await blobDigests(pushed));
  t.true((await readdir(operator)).includes('registry.db'));
});
