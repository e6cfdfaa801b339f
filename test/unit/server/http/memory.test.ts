import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { ask, openRequest, pathOf, type Target } from '../../../helpers/http/http-request.ts';
import { withQuery } from '../../../helpers/http/with-registry.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(MIB, 'stowage');
const CLI = new URL('../../../../bundle/bin.js', import.meta.url).pathname;

/** A registry in a process of its own. */
async function startProcess(t: ExecutionContext): Promise<Target & { child: ChildProcess }> {
  const folder = await tempRoot(t);
  const configuration = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'root') } },
    http: { addr: '127.0.0.1:0', secret: 'test' },
  };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(configuration));
  const child = spawn(process.execPath, [CLI, 'serve', join(folder, 'config.yml')], {
    env: {},
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  t.teardown(async () => {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  });
  for await (const line of createInterface(child.stderr)) {
    const address = /"address":"([^"]+)".*"msg":"ready"/.exec(line)?.[1];
    if (address !== undefined) return { address, child };
  }
  throw new Error('the registry did not start');
}

/** The most memory that the process has had resident so far, in bytes. */
async function peakMemory({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+([0-9]+) kB$/m.exec(status)?.[1]) * 1024;
}

async function push(target: Target, pieces: number): Promise<string> {
  const hash = createHash('sha256');
  for (let index = 0; index < pieces; index++) hash.update(PIECE);
  const digest = `sha256:${hash.digest('hex')}`;
  const begun = await ask(target, 'POST', '/v2/app/blobs/uploads/');
  const body = (async function* () {
    for (let index = 0; index < pieces; index++) yield PIECE;
  })();
  await ask(target, 'PUT', withQuery(pathOf(begun.headers.location), { digest }), { body });
  return digest;
}

async function pull(target: Target, digest: string): Promise<string> {
  const request = openRequest(target, 'GET', `/v2/app/blobs/${digest}`);
  request.end();
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  const hash = createHash('sha256');
  for await (const chunk of message as AsyncIterable<Buffer>) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

// Only Linux reports the peak of a process.
const tested = existsSync('/proc/self/status') ? test : test.skip;

tested('pushing and pulling 256 MiB each raise the memory of the registry by less than 64 MiB', async (t) => {
  const { child, ...target } = await startProcess(t);
  // Code and buffers that the first transfers load do not count as growth.
  t.is(await pull(target, await push(target, 8)), await push(target, 8));
  const before = await peakMemory(child);
  const digest = await push(target, 256);
  const pushed = await peakMemory(child);
  t.is(await pull(target, digest), digest);
  const pulled = await peakMemory(child);
  t.log(`peak: ${before / MIB} MiB, after the push ${pushed / MIB} MiB, after the pull ${pulled / MIB} MiB`);
  t.true(pushed - before < 64 * MIB, 'push');
  t.true(pulled - pushed < 64 * MIB, 'pull');
});
