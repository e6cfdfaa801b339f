import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TimedJob } from './job.ts';
import { type LoadResult, resultOf } from './load-result.ts';

const STEP_BYTES = 64 * 1024;
const STEP_MS = 500;

/** Downloads that read `STEP_BYTES` every `STEP_MS` and are aborted when the time is over. */
export async function slowDownloads({ url, connections, seconds }: TimedJob): Promise<LoadResult> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const bytes = await Promise.all(Array.from({ length: connections }, () => readSlowly(url, endsAt)));
  const starved = bytes.filter((read) => read < STEP_BYTES).length;
  if (starved > 0) throw new Error(`${starved} of ${connections} slow downloads received almost nothing`);
  const total = bytes.reduce((sum, read) => sum + read, 0);
  return resultOf([], { bytes: total, seconds: (performance.now() - startedAt) / 1000 });
}

async function readSlowly(address: string, endsAt: number): Promise<number> {
  const url = new URL(address);
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  await once(socket, 'connect');
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  let read = 0;
  while (performance.now() < endsAt) {
    for (let step = 0; step < STEP_BYTES; ) {
      const data = socket.read() as Buffer | null;
      if (data === null) break;
      step += data.byteLength;
      read += data.byteLength;
    }
    await delay(STEP_MS);
  }
  socket.destroy();
  return read;
}
