import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const run = promisify(execFile);
const IMAGES_BEFORE = 30;

/** Writes a backup of the registry in a folder, as a storage. */
type Backup = (registry: Registry, target: string) => Promise<void>;

/** The commands of a section of the page about backups, with the folders of a test. */
async function commandsOf(heading: string, { from, to }: { from: string; to: string }): Promise<string> {
  const page = await readFile('docs/operations/backup.md', 'utf8');
  const section = page.split(`\n## ${heading}\n`)[1] ?? '';
  const [, commands = ''] = /^```sh\n(.*?)^```$/ms.exec(section) ?? [];
  if (commands === '') throw new Error(`the page has no commands below ${heading}`);
  return commands
    .replaceAll('/var/lib/stowage', from)
    .replaceAll('/var/lib/backup', `${to}-archives`)
    .replaceAll('/var/lib/restored', to);
}

const withTar: Backup = async ({ root }, target) => {
  for (const heading of ['With tar', 'Restore'])
    await run('sh', ['-euc', await commandsOf(heading, { from: root, to: target })]);
};

const withCopyStorage: Backup = async ({ root }, target) => {
  const [from, to] = await Promise.all([configurationOf(root), configurationOf(target)]);
  const { code, stderr } = await runInProcess(['copy-storage', from, to]);
  if (code !== 0) throw new Error(stderr);
};

async function configurationOf(rootdirectory: string): Promise<string> {
  const path = `${rootdirectory}.yml`;
  const http = { addr: '127.0.0.1:0' };
  await writeFile(path, JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory } }, http }));
  return path;
}

/** Pushes until it is told to stop, also to the tags that exist. */
async function pushMeanwhile(registry: Registry, isOver: () => boolean): Promise<number> {
  let count = 0;
  for (; !isOver(); count += 1) {
    const tag = count % 2 === 0 ? `v${count % IMAGES_BEFORE}` : `new${count}`;
    await registry.pushImage(`team/app${count % 3}`, tag, `meanwhile ${count}`);
  }
  return count;
}

async function drill(t: ExecutionContext, backup: Backup): Promise<void> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder: join(folder, 'live') });
  await mkdir(join(folder, 'restored'), { recursive: true });
  const acknowledged: { name: string; tag: string; digest: string }[] = [];
  for (let index = 0; index < IMAGES_BEFORE; index += 1) {
    const [name, tag] = [`team/app${index % 3}`, `v${index}`];
    acknowledged.push({ name, tag, digest: await registry.pushImage(name, tag, `layer ${index}`) });
  }
  let isOver = false;
  const pushing = pushMeanwhile(registry, () => isOver);
  const target = join(folder, 'restored/root');
  await backup(registry, target).finally(() => (isOver = true));
  t.true((await pushing) > 0);

  const { code, stdout } = await runInProcess(['scrub', '--dry-run', await configurationOf(target)]);
  t.is(code, 0, stdout);
  const restored = await withRegistry(t, { storage: { filesystem: {} }, folder: join(folder, 'restored') });
  for (const { name, tag, digest } of acknowledged) {
    const manifest = expectStatus(await restored.ask('GET', `/v2/${name}/manifests/${digest}`), 200);
    const { layers } = JSON.parse(manifest.text) as { layers: { digest: string }[] };
    for (const layer of layers) expectStatus(await restored.ask('GET', `/v2/${name}/blobs/${layer.digest}`), 200);
    // A push may have moved the tag meanwhile.
    expectStatus(await restored.ask('GET', `/v2/${name}/manifests/${tag}`), 200);
  }
}

test('a backup with copy-storage of a registry that takes pushes has everything acknowledged before it began', (t) =>
  drill(t, withCopyStorage));

test('a backup with tar of a registry that takes pushes has everything acknowledged before it began', (t) =>
  drill(t, withTar));
