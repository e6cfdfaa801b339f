// Runs every suite, shows its output, and counts results. Needs only the machine's own node and npm.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { scriptOf, suites } from '../test/suites.js';

const DEADLINE = Date.now() + 55 * 60_000;
const GRACE_MS = 20_000;
/** How many lines are repeated of a failure, and of a suite that failed without naming a test. */
const MAX_LINES = 40;

const steps = [
  { name: 'install', command: 'npm ci', isStep: true },
  // Everything that tests need is installed by now, so a skipped test should have run.
  ...suites.map((suite) => ({
    name: suite.name,
    command: `npm run ${scriptOf(suite)} -- --tap`,
    mustRunAll: !suite.maySkip,
  })),
  { name: 'stranger', command: 'node .ci/stranger.js' },
];

let current;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endGroup(current, 'SIGTERM');
    process.exit(1);
  });
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has already ended.
  }
}

/** Counts one line of TAP. Details of a failure are indented, so they never begin like a result. */
function countLine(line, counts) {
  const result = /^(not )?ok \d+/.exec(line);
  const summary = /^# fail (\d+)$/.exec(line);
  if (/^1\.\.\d+/.test(line)) counts.planned = true;
  if (summary !== null) counts.summedFailures = Number(summary[1]);
  if (result === null) return;
  if (/ # (?:SKIP|TODO)\b/.test(line)) counts.skipped += 1;
  else if (result[1] === undefined) counts.passed += 1;
  else counts.failed += 1;
}

/** Keeps the lines of each failed test, and the last lines of all. */
function keepLine(line, kept) {
  if (/^not ok \d+/.test(line) && !/ # (?:SKIP|TODO)\b/.test(line)) kept.failures.push((kept.details = [line]));
  else if (/^(?:\s|$|# {2})/.test(line)) kept.details?.push(line);
  else kept.details = undefined;
  kept.last.push(line);
  if (kept.last.length > MAX_LINES) kept.last.shift();
}

/** Why a suite failed although each of its results is `ok`; `undefined` when it did not fail. */
function hiddenFailure(step, counts, ended) {
  if (ended !== 0) return `ended with ${ended}`;
  if (step.isStep) return undefined;
  if (!counts.planned) return 'wrote no complete TAP';
  if (counts.passed + counts.failed === 0) return 'ran no test';
  if (step.mustRunAll && counts.skipped > 0) return `skipped ${counts.skipped} tests`;
  return undefined;
}

/** Waits until a suite has ended, and ends it when the time is over. */
async function endOf(child) {
  const left = Math.max(1, DEADLINE - Date.now());
  const timers = [];
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal));
    timers.push(setTimeout(() => endGroup(child, 'SIGTERM'), left));
    timers.push(setTimeout(() => endGroup(child, 'SIGKILL'), left + GRACE_MS));
    // A process that left the group may hold the output open forever.
    timers.push(setTimeout(() => resolve('no end in time'), left + 2 * GRACE_MS));
  });
  for (const timer of timers) clearTimeout(timer);
  return ended;
}

async function run(step) {
  const counts = { passed: 0, failed: 0, skipped: 0, summedFailures: 0, planned: false };
  const kept = { failures: [], last: [], details: undefined };
  const began = Date.now();
  console.log(`\n=== ${step.name}: ${step.command}`);
  const child = spawn(step.command, { shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  current = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(line);
    countLine(line, counts);
    keepLine(line, kept);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    console.error(line);
    kept.last.push(line);
  });
  const ended = await endOf(child);
  const hidden = hiddenFailure(step, counts, ended);
  const failed = Math.max(counts.failed, counts.summedFailures, hidden === undefined ? 0 : 1);
  const seconds = Math.round((Date.now() - began) / 1000);
  const notes = [`${counts.passed} ok`, `${failed} not ok`, `${counts.skipped} skipped`, hidden ?? 'complete'];
  console.log(`=== ${step.name}: ${notes.join(', ')}, ${seconds} s`);
  if (failed > 0 && kept.failures.length === 0) kept.failures.push(kept.last.slice(-MAX_LINES));
  return { name: step.name, passed: counts.passed, failed, hidden, failures: kept.failures };
}

/** Repeats the failures, because only the end of a long log may be kept. */
function showFailures({ name, failed, hidden, failures }) {
  if (failed === 0) return;
  console.log(`\n=== ${name}: ${failed} not ok, ${hidden ?? 'complete'}`);
  for (const lines of failures) console.log(shortened(lines).join('\n'));
}

/** Shortens a long diff in the middle, so that the location of the failure is kept. */
function shortened(lines) {
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES - 10), `  … ${lines.length - MAX_LINES} lines …`, ...lines.slice(-10)];
}

const results = [];
for (const step of steps) {
  const result = await run(step);
  results.push(result);
  if (step.isStep && result.failed > 0) break;
}
results.forEach(showFailures);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 ? 0 : 1);
