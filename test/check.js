// Builds and runs the scripts `check:…` of package.json, as many at a time as there are processors. Shows the output of
// those that fail. The arguments, if any, are a command: it starts when everything but the linter has passed, and runs
// beside the linter, which takes longer than all other checks together and uses one processor.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const LINTER = 'check:lint';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const others = Object.keys(scripts).filter((name) => name.startsWith('check:') && name !== LINTER);
const [command, ...args] = process.argv.slice(2);
/** Settled unless the command runs, whose output nothing may interrupt. */
let running = Promise.resolve();

/** Waits until a process has ended; false if it failed. */
async function succeeds(child) {
  const ended = await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  if (ended !== 0) process.exitCode = 1;
  return ended === 0;
}

async function check(name) {
  const child = spawn(scripts[name], { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  if (await succeeds(child)) return;
  await running;
  process.stderr.write(`npm run ${name}\n${Buffer.concat(output).toString()}\n`);
}

const linted = check(LINTER);
const waiting = ['build', ...others].values();
async function worker() {
  for (const name of waiting) await check(name);
}
await Promise.all(Array.from({ length: Math.max(1, availableParallelism() - 1) }, worker));
if (command !== undefined && process.exitCode === undefined) {
  running = succeeds(spawn(command, args, { stdio: 'inherit' }));
}
await Promise.all([linted, running]);
