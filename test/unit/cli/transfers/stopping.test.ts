import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { describe } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { digestOf, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';

const CLI = 'dist/bundle/bin.js';
const LAYER = 'l'.repeat(2_000_000);
const HALF = LAYER.length / 2;
const CONFIG = '{}';
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: describe(CONFIG, 'application/vnd.oci.empty.v1+json'),
  layers: [describe(LAYER, 'application/vnd.oci.image.layer.v1.tar')],
});

/** A registry with one image, which stops in the middle of its layer until it is healed. */
async function stuckRegistry(t: ExecutionContext) {
  const stuck = Promise.withResolvers<void>();
  const ranges: Array<string | undefined> = [];
  let isHealed = false;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '';
    if (path.includes('/manifests/')) {
      const headers = { 'content-type': OCI_MANIFEST, 'docker-content-digest': digestOf(MANIFEST) };
      response.writeHead(200, headers).end(MANIFEST);
    } else if (path.endsWith(digestOf(CONFIG))) response.end(CONFIG);
    else if (path.endsWith(digestOf(LAYER)) && request.method === 'GET') sendLayer(request, response);
    else response.writeHead(200).end();
  };
  const sendLayer = (request: IncomingMessage, response: ServerResponse): void => {
    const { range } = request.headers;
    ranges.push(range);
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const size = LAYER.length - start;
    const contentRange = `bytes ${start}-${LAYER.length - 1}/${LAYER.length}`;
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': size,
      ...(start > 0 && { 'content-range': contentRange }),
    });
    if (isHealed) response.end(LAYER.slice(start));
    else response.write(LAYER.slice(start, start + HALF), () => stuck.resolve());
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, stuck: stuck.promise, ranges, heal: () => void (isHealed = true) };
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a pull in an orderly way, and the next one resumes it`, async (t) => {
    const { host, stuck, ranges, heal } = await stuckRegistry(t);
    const home = await tempRoot(t);
    const layout = join(home, 'layout');
    const args = [CLI, 'pull', `${host}/app:v1`, `oci:${layout}`, '--plain-http', '--json'];
    const pulling = startNode(args, { HOME: home });
    await stuck;
    // Bytes that have left the server need not be stored yet.
    await pulling.logged(/"blob-progress".*"bytes":[1-9]/);
    pulling.signal(signal);
    const stopped = await pulling.finished;
    t.is(stopped.code, code, stopped.stderr);
    t.is(stopped.stdout, '');
    t.like(JSON.parse(stopped.stderr.trimEnd().split('\n').at(-1) ?? ''), {
      type: 'error',
      exitCode: code,
      message: `${signal} ended it; what was transferred is kept for the next time`,
    });
    t.false((await readdir(layout)).includes('index.json'));
    heal();
    const resumed = await startNode(args, { HOME: home }).finished;
    t.is(resumed.code, 0, resumed.stderr);
    t.regex(resumed.stderr, /"type":"blob-resumed"/);
    t.regex(ranges[1] ?? '', /^bytes=[1-9]\d*-/);
    const hex = digestOf(LAYER).slice('sha256:'.length);
    t.is(await readFile(join(layout, 'blobs/sha256', hex), 'utf8'), LAYER);
  });
}

test('a copy into a storage without a server makes its root, and resumes what an earlier one has left', async (t) => {
  const { host, stuck, ranges, heal } = await stuckRegistry(t);
  const home = await tempRoot(t);
  const config = join(home, 'config.yml');
  const root = join(home, 'new', 'root');
  await writeFile(config, JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory: root } } }));
  const args = [CLI, 'copy', `${host}/app:v1`, `store:${config}//app:v1`, '--plain-http', '--json'];
  const copying = startNode(args, { HOME: home });
  await stuck;
  await copying.logged(/"blob-progress".*"bytes":[1-9]/);
  copying.signal('SIGTERM');
  t.is((await copying.finished).code, 143);
  heal();
  const resumed = await startNode(args, { HOME: home }).finished;
  t.is(resumed.code, 0, resumed.stderr);
  t.regex(resumed.stderr, /"type":"blob-resumed"/);
  t.regex(ranges[1] ?? '', /^bytes=[1-9]\d*-/);
});

test('SIGINT ends a command that waits for standard input', async (t) => {
  const args = [CLI, 'manifest', '127.0.0.1:1/app:v1', '--put', '-'];
  const waiting = spawn(process.execPath, args, { env: { HOME: await tempRoot(t) }, stdio: 'pipe' });
  const ended = once(waiting, 'exit');
  const said = text(waiting.stderr);
  // More than a pipe holds is taken only by a process that reads.
  await new Promise<unknown>((resolve) => waiting.stdin.write(Buffer.alloc(1_000_000), resolve));
  waiting.kill('SIGINT');
  t.deepEqual(await ended, [130, null]);
  t.regex(await said, /SIGINT ended it/);
});
