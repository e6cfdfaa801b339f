// Measures pulls and pushes of a registry while it collects garbage, in comparison with before.
// Run: npm run build && node dist/bench/gc-latency.js [manifests] [calls of the collection a second; 0: no limit]
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillOldRegistry, repositoryOf } from './fill/old-registry.ts';
import { blobOf, imageOf, OCI_MANIFEST } from './load/artifact.ts';

const CLI = 'dist/bundle/bin.js';
const PULLS_PER_SECOND = 50;
const PUSHES_PER_SECOND = 10;
const BLOB_BYTES = 4096;
const BEFORE_MS = 30_000;
const GRACE_MS = 20_000;
const TARGET = 1.5;
const manifests = Number(process.argv[2] ?? 20_000);
const callRate = Number(process.argv[3] ?? 0);

/** Milliseconds, from when a request was due to the end of its answer. */
type Times = Record<'pull' | 'push', number[]>;

const folder = await mkdtemp(join(tmpdir(), 'bench-gc-latency-'));
let server: ChildProcess | undefined;
try {
  fillOldRegistry(folder, manifests);
  const gc = { grace: `${GRACE_MS / 1000}s`, callrate: callRate };
  const storage = { filesystem: { rootdirectory: folder }, maintenance: { gc } };
  const path = join(folder, 'config.yml');
  const http = { addr: '127.0.0.1:0' };
  await writeFile(path, JSON.stringify({ version: 0.1, storage, http, admin: { enabled: true } }));
  server = spawn(process.execPath, [CLI, 'serve', path], { stdio: ['ignore', 'ignore', 'pipe'] });
  await compare(server);
} finally {
  server?.kill();
  if (server?.exitCode === null) await once(server, 'exit');
  await rm(folder, { recursive: true, force: true });
}

async function compare({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error('the registry has no log');
  const { promise: listening, resolve: listen } = Promise.withResolvers<string>();
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  let waitsUntil = 0;
  const onLine = (line: string): void => {
    const address = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(line)?.[0];
    if (address !== undefined) listen(address);
    // While the collection waits it does nothing, so these requests do not count.
    if (line.includes('it stays for the grace')) waitsUntil = performance.now() + GRACE_MS;
    if (line.includes('"job":"gc"') && /job (?:completed|failed)/.test(line)) end(line);
  };
  let rest = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  const address = await listening;
  await load(address, sleep(2_000));
  const before = await load(address, sleep(BEFORE_MS));
  const begun = await fetch(`${address}/v2/_ext/admin/jobs/gc/run`, { method: 'POST' });
  if (begun.status !== 202) throw new Error(`the collection did not begin: ${begun.status} ${await begun.text()}`);
  const during = await load(address, ended, () => performance.now() >= waitsUntil);
  process.stdout.write(`${await ended}\n`);
  process.stdout.write(
    `${manifests} manifests; ${PULLS_PER_SECOND} pulls and ${PUSHES_PER_SECOND} pushes a second, of blobs of ${BLOB_BYTES} bytes; ` +
      `calls of the collection a second: ${callRate === 0 ? 'no limit' : callRate}\n`,
  );
  for (const kind of ['pull', 'push'] as const) {
    const [was, is] = [quantile(before[kind], 0.99), quantile(during[kind], 0.99)];
    process.stdout.write(
      `p99 of a ${kind}: before ${was.toFixed(1)} ms (${before[kind].length}), during the collection ${is.toFixed(1)} ms ` +
        `(${during[kind].length}): ${(is / was).toFixed(2)} times, target at most ${TARGET}; ` +
        `median ${quantile(before[kind], 0.5).toFixed(1)} and ${quantile(during[kind], 0.5).toFixed(1)} ms\n`,
    );
  }
}

/** Sends requests at their rates until `end` resolves. */
async function load(address: string, end: Promise<unknown>, counts = (): boolean => true): Promise<Times> {
  const times: Times = { pull: [], push: [] };
  let isOver = false;
  const ending = end.then(() => {
    isOver = true;
  });
  const running = new Set<Promise<void>>();
  const send = async (kind: keyof Times, perSecond: number, action: () => Promise<void>): Promise<void> => {
    for (let dueMs = performance.now(); !isOver; dueMs += 1000 / perSecond) {
      await sleep(Math.max(0, dueMs - performance.now()));
      const request = action().then(() => {
        if (counts()) times[kind].push(performance.now() - dueMs);
      });
      running.add(request);
      void request.finally(() => running.delete(request));
    }
  };
  await Promise.all([
    send('pull', PULLS_PER_SECOND, () => pull(address)),
    send('push', PUSHES_PER_SECOND, () => push(address)),
    ending,
  ]);
  await Promise.all(running);
  return times;
}

/** A manifest by its tag, and its config. */
async function pull(address: string): Promise<void> {
  const number = Math.floor(Math.random() * manifests);
  const url = `${address}/v2/${repositoryOf(number)}`;
  const manifest = await (
    await expected(200, `${url}/manifests/v${number}`, { headers: { accept: OCI_MANIFEST } })
  ).json();
  const { config } = manifest as { readonly config: { readonly digest: string } };
  await (await expected(200, `${url}/blobs/${config.digest}`)).arrayBuffer();
}

/** A blob, and a manifest by a tag. */
async function push(address: string): Promise<void> {
  const blob = blobOf(crypto.randomUUID(), BLOB_BYTES);
  const { text } = imageOf(blob, []);
  const url = `${address}/v2/pushed/app`;
  const body = Buffer.concat([...blob.bytes.read()]);
  const headers = { 'content-type': 'application/octet-stream' };
  await expected(201, `${url}/blobs/uploads/?digest=${blob.digest}`, { method: 'POST', body, headers });
  const type = { 'content-type': OCI_MANIFEST };
  await expected(201, `${url}/manifests/latest`, { method: 'PUT', body: text, headers: type });
}

async function expected(status: number, url: string, options?: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  if (response.status === status) return response;
  throw new Error(`${url} was answered with ${response.status}: ${await response.text()}`);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
