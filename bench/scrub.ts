// Compares `stowage scrub` with `sha256sum` and `openssl dgst` of the same files. Run: npm run build && node dist/bench/scrub.js [MB]
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestOf } from '../core/digest/digest.ts';

const ROUNDS = 5;
const MEGABYTE = 1e6;
const CLI = 'dist/bundle/bin.js';
const megabytes = Number(process.argv[2] ?? 1000);

/** How long a command took. */
interface Cost {
  readonly seconds: number;
  /** Processor time of the command and its children. */
  readonly cpuSeconds: number;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-scrub-'));
try {
  const { files, bytes } = await fill(folder);
  const path = join(folder, 'config.yml');
  const storage = { filesystem: { rootdirectory: folder } };
  await writeFile(path, JSON.stringify({ version: 0.1, storage, http: { addr: '127.0.0.1:0' } }));
  const idle = await emptyStorage();
  const commands = {
    sha256sum: digesting('sha256sum'),
    'openssl dgst': digesting('openssl dgst -sha256'),
    scrub: [process.execPath, CLI, 'scrub', '--rate', '1TiB', path],
    'start of the command': [process.execPath, CLI, 'scrub', idle],
  };
  process.stdout.write(`${files} files, ${Math.round(bytes / MEGABYTE)} MB, medians of ${ROUNDS} rounds\n`);
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(commands))
      costs.set(name, [...(costs.get(name) ?? []), cost(command)]);
  }
  const median = (name: string, of: keyof Cost): number =>
    (costs.get(name) ?? []).map((each) => each[of]).sort((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? 0;
  for (const of of ['seconds', 'cpuSeconds'] as const) {
    const start = median('start of the command', of);
    const scrub = median('scrub', of);
    const speed = (seconds: number): string => `${Math.round(bytes / MEGABYTE / seconds)} MB/s`;
    const others = ['sha256sum', 'openssl dgst'].map((name) => {
      const seconds = median(name, of);
      const ratio = (seconds / (scrub - start)).toFixed(2);
      return `${name} ${seconds.toFixed(2)} s (${speed(seconds)}; scrub has ${ratio} of its speed)`;
    });
    process.stdout.write(
      `${of === 'seconds' ? 'time' : 'processor time'}: scrub ${scrub.toFixed(2)} s (${speed(scrub)}), of which the ` +
        `start takes ${start.toFixed(2)} s; ${others.join('; ')}\n`,
    );
  }
  process.stdout.write('The speed of scrub in comparisons is without its start; the target is 0.8.\n');
} finally {
  await rm(folder, { recursive: true, force: true });
}

function digesting(command: string): string[] {
  return ['bash', '-c', `find ${folder}/docker -name data -print0 | xargs -0 ${command} >/dev/null`];
}

/** Nine tenths of the bytes in layers of 50 MB, the rest in blobs of 100 kB and manifests of 2 kB. */
async function fill(root: string): Promise<{ files: number; bytes: number }> {
  let [files, bytes] = [0, 0];
  for (const [size, share] of [
    [50 * MEGABYTE, 0.9],
    [100_000, 0.095],
    [2000, 0.005],
  ] as const) {
    const count = Math.ceil((megabytes * MEGABYTE * share) / size);
    for (let number = 0; number < count; number += 1) {
      const content = randomBytes(size);
      const [algorithm = '', hex = ''] = digestOf(content).split(':');
      const file = join(root, 'docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data');
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      files += 1;
      bytes += size;
    }
  }
  return { files, bytes };
}

async function emptyStorage(): Promise<string> {
  const root = join(folder, 'empty');
  await mkdir(root);
  const path = join(folder, 'empty.yml');
  const storage = { filesystem: { rootdirectory: root } };
  await writeFile(path, JSON.stringify({ version: 0.1, storage, http: { addr: '127.0.0.1:0' } }));
  return path;
}

function cost(command: readonly string[]): Cost {
  // The shell counts the processor time of its children, which Node does not.
  const script = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1';
  const text = execFileSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' });
  const [seconds = 0, user = 0, system = 0] = text.trim().split(' ').map(Number);
  return { seconds, cpuSeconds: user + system };
}
