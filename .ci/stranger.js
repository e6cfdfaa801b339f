// Follows the first steps of somebody who has just found the repository: clone, `npm ci && npm start`, push, pull,
// stop. Writes TAP.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const START_LIMIT_MS = 5 * 60_000;
const STOP_LIMIT_MS = 60_000;

const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'stowage-'));
const clone = join(folder, 'clone');
const host = `127.0.0.1:${await freePort()}`;
const env = {
  ...process.env,
  // The stranger has only the machine's own node.
  PATH: process.env.PATH.split(delimiter)
    .filter((entry) => !entry.includes('node_modules'))
    .join(delimiter),
  REGISTRY_HTTP_ADDR: host,
  REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, 'root'),
};

const children = new Set();
process.once('exit', endChildren);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function endChildren() {
  for (const child of children) {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has already ended, or was never started.
    }
  }
}

/** Starts a program in its own process group; its output goes to stderr, so that it is not parsed as TAP. */
function start(command, args, cwd) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 2, 2] });
  children.add(child);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  }).finally(() => children.delete(child));
  return { child, ended };
}

async function run(command, args, cwd = folder) {
  const ended = await start(command, args, cwd).ended;
  if (ended !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${ended}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function status() {
  try {
    return (await fetch(`http://${host}/v2/`)).status;
  } catch {
    return undefined;
  }
}

async function untilServing(npm) {
  const deadline = Date.now() + START_LIMIT_MS;
  while ((await status()) !== 200) {
    const ended = await Promise.race([npm.ended, delay(200)]);
    if (ended !== undefined) throw new Error(`npm start ended with ${ended}`);
    if (Date.now() > deadline) throw new Error(`GET http://${host}/v2/ never answered 200`);
  }
}

async function pushAndPull() {
  const layouts = pathToFileURL(join(clone, 'dist/test/suites/clients/images/oci-layout.js'));
  const { blobDigests, writeImageLayout } = await import(layouts);
  const image = `docker://${host}/hello/stranger:v1`;
  await writeImageLayout(join(folder, 'pushed'), { seed: 'stranger', layers: [[1000], [100_000]] });
  await run('skopeo', ['copy', '--dest-tls-verify=false', `oci:${join(folder, 'pushed')}:latest`, image]);
  await run('skopeo', ['copy', '--src-tls-verify=false', image, `oci:${join(folder, 'pulled')}:latest`]);
  const [pushed, pulled] = [await blobDigests(join(folder, 'pushed')), await blobDigests(join(folder, 'pulled'))];
  if (pushed.join() !== pulled.join()) throw new Error(`pushed ${pushed.join()}, pulled ${pulled.join()}`);
}

async function stop(npm) {
  npm.child.kill('SIGTERM');
  const ended = await Promise.race([npm.ended, delay(STOP_LIMIT_MS, 'nothing', { ref: false })]);
  if (ended !== 0) throw new Error(`npm start ended with ${ended} after SIGTERM`);
  if ((await status()) !== undefined) throw new Error(`http://${host} still answers after npm start has ended`);
}

let npm;
const steps = [
  ['git clone', () => run('git', ['clone', '--quiet', repository, clone])],
  ['npm ci', () => run('npm', ['ci'], clone)],
  [
    'npm start answers GET /v2/ with 200',
    () => {
      npm = start('npm', ['start'], clone);
      return untilServing(npm);
    },
  ],
  ['skopeo pushes an image and pulls it back', pushAndPull],
  ['SIGTERM ends npm start and the registry with exit code 0', () => stop(npm)],
];

console.log(`TAP version 13\n1..${steps.length}`);
let number = 0;
try {
  for (const [title, step] of steps) {
    number += 1;
    try {
      await step();
      console.log(`ok ${number} - ${title}`);
    } catch (error) {
      console.log(`not ok ${number} - ${title}\n  ---\n  ${error.message}\n  ...`);
      process.exitCode = 1;
      break;
    }
  }
} finally {
  endChildren();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
