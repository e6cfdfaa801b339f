import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, isInstalled, type Missing, spawnQuietly, stopChild } from '../contenders/contender.ts';
import { startStowageOnGcs } from '../contenders/stowage.ts';
import type { Content } from '../content.ts';
import { runJob } from '../load/job.ts';
import { pushBlob } from '../load/push.ts';
import { startDelayingProxy } from './delaying-proxy.ts';

const EMULATOR = 'fake-gcs-server';
const DELAY_MS = 30;
const BUCKET = 'bench';
const MAX_ATTEMPTS = 500;

/** The medians of pushes to Cloud Storage with a delay of 30 ms per call, in milliseconds. */
export interface FarTimes {
  /** A blob of 4 KiB: POST and PUT. */
  readonly blobMs: number;
  /** A manifest with a new tag. */
  readonly manifestMs: number;
}

/** Measures Stowage, one process, on the emulator of Cloud Storage. */
export async function measureFar(folder: string, content: Content): Promise<FarTimes | Missing> {
  if (!isInstalled(EMULATOR)) {
    const install = `go install github.com/fsouza/${EMULATOR}@v1.56.1`;
    return { name: 'Cloud Storage', reason: `no program \`${EMULATOR}\` on the PATH; ${install}` };
  }
  await using stack = new AsyncDisposableStack();
  const port = await freePort();
  const flags = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)];
  stack.adopt(spawnQuietly(EMULATOR, flags, { stdio: 'ignore' }), stopChild);
  const emulator = `http://127.0.0.1:${port}`;
  await createBucket(emulator);
  const proxy = stack.use(await startDelayingProxy(emulator, DELAY_MS));
  const registry = stack.adopt(await startStowageOnGcs(folder, { bucket: BUCKET, endpoint: proxy.url }), (started) =>
    started.stop(),
  );
  const { empty, small, smallImage, scale } = content;
  const agent = stack.adopt(new Agent({ keepAlive: true }), (used) => used.destroy());
  const to = { url: registry.url, repository: 'bench/far' };
  for (const blob of [empty, small]) await pushBlob({ ...to, agent }, blob);
  const many = { ...to, count: scale.farPushes, connections: 1 };
  const blobs = await runJob({ kind: 'push', ...many, seed: 'far', bytes: scale.smallBytes });
  const manifests = await runJob({ kind: 'set-tags', ...many, prefix: 'far', manifest: smallImage });
  return { blobMs: blobs.p50Ms, manifestMs: manifests.p50Ms };
}

/** Waits until the emulator answers. */
async function createBucket(emulator: string): Promise<void> {
  const body = JSON.stringify({ name: BUCKET });
  const headers = { 'content-type': 'application/json' };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const url = `${emulator}/storage/v1/b?project=bench`;
    const response = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined);
    if (response?.ok === true) return;
    await delay(20);
  }
  throw new Error(`${EMULATOR} does not answer`);
}
