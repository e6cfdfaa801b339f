// Measures `stowage garbage-collect` on a filesystem. Run: npm run build && node dist/bench/gc.js [manifests] [flags of node]
import { spawnSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Digest, digestOf } from '../core/digest/digest.ts';

const CLI = 'dist/bundle/bin.js';
const LAYERS = 4;
const REPOSITORIES = 220;
/** Older than the shortest grace. */
const WRITTEN_AT = new Date(Date.now() - 3_600_000);
const GRACE_SECONDS = 20;
/** Of the command, such as `--cpu-prof`. */
const NODE_FLAGS = process.argv.slice(3);
const REPORT_USAGE = 'process.on("exit", () => console.log(JSON.stringify(process.resourceUsage())))';
const manifests = Number(process.argv[2] ?? 20_000);

const folder = await mkdtemp(join(tmpdir(), 'bench-gc-'));
try {
  fill(join(folder, 'docker/registry/v2'));
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

/** Writes a registry as distribution stores it. */
function fill(root: string): void {
  const put = (file: string, content: string): void => {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, WRITTEN_AT, WRITTEN_AT);
  };
  const putBlob = (repository: string, content: string): Digest => {
    const digest = digestOf(Buffer.from(content));
    put(`blobs/${folderOf(digest, true)}/data`, content);
    put(`repositories/${repository}/_layers/${folderOf(digest)}/link`, digest);
    return digest;
  };
  for (let number = 0; number < manifests; number += 1) {
    const repository = `team-${number % 20}/image-${number % REPOSITORIES}`;
    putBlob(repository, `garbage ${number}`);
    const blobs = Array.from({ length: LAYERS }, (_, layer) => {
      const content = `layer ${number} ${layer}`;
      return { digest: putBlob(repository, content), size: content.length };
    });
    const [config, ...layers] = blobs;
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })),
    });
    const digest = digestOf(Buffer.from(manifest));
    const own = `repositories/${repository}/_manifests`;
    put(`blobs/${folderOf(digest, true)}/data`, manifest);
    put(`${own}/revisions/${folderOf(digest)}/link`, digest);
    put(`${own}/tags/v${number}/current/link`, digest);
  }
}

function folderOf(digest: Digest, isContent = false): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return isContent ? `${algorithm}/${hex.slice(0, 2)}/${hex}` : `${algorithm}/${hex}`;
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
