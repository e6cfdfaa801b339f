import { appendFile, copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { seedOf, testsOf } from './client-test.ts';
import { run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { startDaemon } from './daemon.ts';
import { blobDigests, readEntry, writeImageLayout } from './images/oci-layout.ts';
import { SMALL_LAYERS } from './images/recipe.ts';

const test = testsOf('the pages for driver authors', { skopeo: 'skopeo' });

// This file runs as dist/test/suites/clients/driver-author.test.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');

/** The node of this test and the tools of the machine, and no command of this repository. */
const ENV: NodeJS.ProcessEnv = {
  PATH: [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(delimiter)]
    .filter((entry, index) => index === 0 || !entry.includes('node_modules'))
    .join(delimiter),
  // npm uses the packages that `npm ci` has fetched.
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_loglevel: 'error',
};

/** A block of a page: shell commands, or a part of a file. */
interface Block {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
}

async function blocksOf(page: string): Promise<readonly Block[]> {
  const text = await readFile(join(REPOSITORY, page), 'utf8');
  return Array.from(text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms), ([, language = '', file, block = '']) => ({
    language,
    file,
    text: block,
  }));
}

/** The archive that the page has its readers build. */
async function packStowage(folder: string): Promise<void> {
  const page = await readFile(join(REPOSITORY, 'docs/plugins/README.md'), 'utf8');
  const [, name = ''] = /leaves `(stowage-[\d.]+\.tgz)`/.exec(page) ?? [];
  const packs = join(folder, 'packs');
  await mkdir(packs);
  // Its scripts would build again, and rewrite the files of this test.
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', packs], { cwd: REPOSITORY });
  await copyFile(join(packs, name), join(folder, name));
}

/** Follows a page: writes its files and runs its commands. */
class Reader {
  readonly #folder: string;
  #current: string;
  /** What each command has printed, by command. */
  readonly printed = new Map<string, string>();
  /** The command that serves, which does not end. */
  serving: { readonly command: string; readonly folder: string } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#current = folder;
  }

  get folder(): string {
    return this.#current;
  }

  async follow(blocks: readonly Block[]): Promise<void> {
    for (const { language, file, text } of blocks) {
      if (language === 'sh') for (const line of text.trim().split('\n')) await this.#run(line);
      else if (file !== undefined) {
        await mkdir(dirname(join(this.#current, file)), { recursive: true });
        await appendFile(join(this.#current, file), text);
      }
    }
  }

  async #run(line: string): Promise<void> {
    if (line.startsWith('npx stowage serve ')) {
      this.serving = { command: line, folder: this.#current };
      return;
    }
    if (line.startsWith('mkdir ')) this.#current = this.#folder;
    const printed = await run('bash', ['-ec', `${line}\npwd`], { cwd: this.#current, env: ENV });
    this.#current = printed.slice(printed.lastIndexOf('\n') + 1);
    this.printed.set(line, `${this.printed.get(line) ?? ''}${printed}\n`);
  }
}

async function manifestOf(folder: string): Promise<Record<string, Record<string, string>>> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
}

/** Pushes an image to the registry that the page has started, and pulls it back. */
async function assertServes(t: ExecutionContext, { folder }: { readonly folder: string }): Promise<void> {
  const { folder: home, env } = await containersHome(t);
  // Another registry may listen at the address of the page.
  const stowage = join(folder, 'node_modules/.bin/stowage');
  const daemon = startDaemon(t, 'env', [
    'REGISTRY_HTTP_ADDR=127.0.0.1:0',
    stowage,
    'serve',
    join(folder, 'config.yml'),
  ]);
  const [, host = ''] = await daemon.printed(/http:\/\/(127\.0\.0\.1:[1-9]\d*)/);
  const [pushed, pulled] = [join(home, 'pushed'), join(home, 'pulled')];
  const manifest = await writeImageLayout(pushed, { seed: seedOf(t), layers: SMALL_LAYERS });
  const skopeo = (...args: string[]) => run('skopeo', ['copy', ...args], { env });
  await skopeo('--dest-tls-verify=false', `oci:${pushed}:latest`, `docker://${host}/library/image:v1`);
  await skopeo('--src-tls-verify=false', `docker://${host}/library/image:v1`, `oci:${pulled}:latest`);
  t.is((await readEntry(pulled)).digest, manifest.digest);
  t.deepEqual(await blobDigests(pulled), await blobDigests(pushed));
  t.is(await daemon.stop(), 0);
}

test('the pages alone lead from an archive of Stowage to a certified driver that serves images', async (t) => {
  const { folder } = await containersHome(t);
  await packStowage(folder);
  const reader = new Reader(folder);
  await reader.follow(await blocksOf('docs/plugins/write-a-driver.md'));

  const tested = reader.printed.get('npm test') ?? '';
  t.is(tested.match(/^. pass [1-9]\d{2,}$/gm)?.length, 2, tested);
  t.is(tested.match(/^. fail 0$/gm)?.length, 2, tested);

  const author = join(folder, 'stowage-driver-flat');
  const report = JSON.parse(await readFile(join(author, 'report.json'), 'utf8')) as { counts: Record<string, number> };
  t.is(report.counts['failed'], 0);
  t.true((report.counts['ok'] ?? 0) > 100);

  for (const name of ['stowage-driver-flat', 'drivers/stowage-driver-mystore']) {
    const { peerDependencies, devDependencies } = await manifestOf(join(folder, name));
    t.regex(peerDependencies?.['stowage'] ?? '', /^(?:\^|>=)0\.1\.0/, name);
    t.regex(devDependencies?.['stowage'] ?? '', /^file:.*stowage-0\.1\.0\.tgz$/, name);
  }
  t.true((await readdir(author)).includes('stowage-driver-flat-1.0.0.tgz'));

  t.is(reader.serving?.command, 'npx stowage serve config.yml');
  t.is(reader.serving?.folder, join(folder, 'registry'));
  await assertServes(t, { folder: reader.folder });
});

test('an archive that is installed as the guide says leaves the peer dependency alone', async (t) => {
  const { folder } = await containersHome(t);
  await packStowage(folder);
  const page = await readFile(join(REPOSITORY, 'docs/plugins/README.md'), 'utf8');
  const [, command = ''] = /^(npm install --save-dev .*)$/m.exec(page) ?? [];
  const plugin = join(folder, 'plugin');
  await mkdir(plugin);
  const manifest = { name: 'stowage-events-mine', version: '1.0.0', peerDependencies: { stowage: '^0.1.0' } };
  await appendFile(join(plugin, 'package.json'), JSON.stringify(manifest));
  await run('bash', ['-ec', command], { cwd: plugin, env: ENV });
  t.deepEqual((await manifestOf(plugin))['peerDependencies'], { stowage: '^0.1.0' });
  // It can be installed again, as by a colleague who has cloned it.
  await run('bash', ['-ec', 'rm -rf node_modules package-lock.json && npm install'], { cwd: plugin, env: ENV });
});
