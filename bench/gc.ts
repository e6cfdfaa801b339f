// Measures `stowage garbage-collect` on a filesystem. Run: npm run build && node dist/bench/gc.js [manifests] [flags of node]
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillOldRegistry, LAYERS, REPOSITORIES } from './fill/old-registry.ts';

const CLI = 'dist/bundle/bin.js';
const GRACE_SECONDS = 20;
/** Of the command, such as `--cpu-prof`. */
const NODE_FLAGS = process.argv.slice(3);
const REPORT_USAGE = 'process.on("exit", () => console.log(JSON.stringify(process.resourceUsage())))';
const manifests = Number(process.argv[2] ?? 20_000);

const folder = await mkdtemp(join(tmpdir(), 'bench-gc-'));
try {
  fillOldRegistry(folder, manifests);
  const configuration = join(folder, 'config.yml');
  const storage = { filesystem: { rootdirectory: folder } };
  await writeFile(configuration, JSON.stringify({ version: 0.1, storage, http: { addr: '127.0.0.1:0' } }));
  process.stdout.write(
    `${manifests} manifests with ${LAYERS} blobs each and ${manifests} blobs that nothing needs, in ${REPOSITORIES} repositories\n`,
  );
  measure('a dry run', ['garbage-collect', '--quiet', '--dry-run', configuration]);
  measure(`everything, with the grace of ${GRACE_SECONDS} s`, ['garbage-collect', '--quiet', configuration]);
  measure('nothing to do', ['garbage-collect', '--quiet', configuration]);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function measure(what: string, command: readonly string[]): void {
  const began = performance.now();
  const program = [...NODE_FLAGS, '--import', `data:text/javascript,${encodeURIComponent(REPORT_USAGE)}`, CLI];
  const { status, stdout } = spawnSync(process.execPath, [...program, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  const seconds = (performance.now() - began) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(stdout) as NodeJS.ResourceUsage;
  const processorSeconds = (userCPUTime + systemCPUTime) / 1e6;
  process.stdout.write(
    `${what}: ${seconds.toFixed(1)} s, processor time ${processorSeconds.toFixed(1)} s, ` +
      `at most ${Math.round(maxRSS / 1024)} MiB of memory, exit code ${status}\n`,
  );
}
