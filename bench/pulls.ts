// Measures what recording pulls costs a GET of a manifest. Run: npm run build && node dist/bench/pulls.js
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../core/digest/digest.ts';
import { NotedPulls } from '../core/pulls/noted-pulls.ts';
import { usageOf } from './process-usage.ts';

const REQUESTS = 20_000;
const ROUNDS = 7;
const NOTES = 2_000_000;
const IMAGES = 100;
const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Server {
  /** Processor time of a request in microseconds. */
  readonly measure: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

process.stdout.write(
  `processor time of noting a pull, median of ${ROUNDS} rounds: ${nanosecondsOfNote().toFixed(0)} ns\n`,
);
const folder = await mkdtemp(join(tmpdir(), 'stowage-pulls-'));
const servers: Server[] = [];
try {
  for (const recordpulls of [false, true]) servers.push(await serve(recordpulls));
  const rounds: number[][] = [[], []];
  // In turns, so that both meet the same machine. The first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [index, { measure }] of servers.entries()) {
      const time = await measure();
      if (round > 0) rounds[index]?.push(time);
    }
  const [without = 0, recorded = 0] = rounds.map((times) => times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0);
  process.stdout.write(
    `processor time of a GET of a manifest, median of ${ROUNDS} rounds of ${REQUESTS}: ${without.toFixed(1)} µs without, ` +
      `${recorded.toFixed(1)} µs with recording of pulls\n`,
  );
} finally {
  for (const { stop } of servers) await stop();
  await rm(folder, { recursive: true });
}

type Name = Parameters<NotedPulls['add']>[0];

/** Of pulls of a thousand manifests in fifty repositories; all but the first ones are known. */
function nanosecondsOfNote(): number {
  const noted = new NotedPulls();
  const digests = Array.from({ length: 1000 }, (_, index) => digestOf(Buffer.from(`${index}`)));
  const names = Array.from({ length: 50 }, (_, index) => `team/app-${index}` as Name);
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let note = 0; note < NOTES; note += 1) {
      const [name, digest] = [names[note % names.length], digests[note % digests.length]];
      if (name !== undefined && digest !== undefined) noted.add(name, digest, Date.now());
    }
    const { user, system } = process.cpuUsage(before);
    return ((user + system) / NOTES) * 1000;
  });
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

async function serve(recordpulls: boolean): Promise<Server> {
  const file = join(folder, `${recordpulls}.yml`);
  const config = {
    version: 0.1,
    log: { formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, String(recordpulls)) } },
    http: { addr: '127.0.0.1:0', secret: 'bench' },
    retention: { recordpulls },
  };
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, ['dist/bundle/bin.js', 'serve', file]);
  let log = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(log)));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        log += text.toString();
        const [, found] = /"address":"([^"]+)"/.exec(log) ?? [];
        if (found !== undefined) resolve(found);
      });
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const ask = (method: string, path: string, body?: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? { Accept: INDEX } : { 'Content-Type': INDEX };
      const sent = request(new URL(path, address), { agent, method, headers }, (response) => {
        if ((response.statusCode ?? 500) >= 300) reject(new Error(`${path}: ${response.statusCode}`));
        response.resume().once('end', resolve);
      });
      sent.once('error', reject).end(body);
    });
  for (let image = 0; image < IMAGES; image += 1) {
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { image: String(image) } };
    await ask('PUT', `/v2/app/manifests/v${image}`, JSON.stringify(index));
  }
  const measure = async (): Promise<number> => {
    const before = await usageOf(child.pid ?? 0);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < REQUESTS) await ask('GET', `/v2/app/manifests/v${next++ % IMAGES}`);
    };
    await Promise.all(Array.from({ length: 8 }, work));
    return (((await usageOf(child.pid ?? 0)).cpuSeconds - before.cpuSeconds) / REQUESTS) * 1e6;
  };
  const stop = async (): Promise<void> => {
    agent.destroy();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  return { measure, stop };
}
