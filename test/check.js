// Builds and runs the scripts `check:…` of package.json, as many at a time as there are processors. Shows the output of
// those that fail.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const names = Object.keys(scripts).filter((name) => name.startsWith('check:'));

/** Runs a script; false if it failed. */
async function passes(name) {
  const child = spawn(scripts[name], { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const ended = await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  if (ended === 0) return true;
  process.stderr.write(`npm run ${name}\n${Buffer.concat(output).toString()}\n`);
  return false;
}

// The linter takes longer than all other checks together, so it starts first.
const waiting = ['check:lint', 'build', ...names.filter((name) => name !== 'check:lint')].values();
async function worker() {
  for (const name of waiting) if (!(await passes(name))) process.exitCode = 1;
}
await Promise.all(Array.from({ length: availableParallelism() }, worker));
