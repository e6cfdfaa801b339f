// Runs every suite, shows what it writes, and counts. Needs nothing but the machine's own node and npm.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const DEADLINE = Date.now() + 55 * 60_000;
const GRACE_MS = 20_000;

const suites = [
  { name: 'install', command: 'npm ci', isStep: true },
  { name: 'tests', command: 'npm test -- --tap' },
  // All clients are installed by now, so a skipped test is one that should have run.
  { name: 'clients', command: 'npm run test:clients -- --tap', mustRunAll: true },
  { name: 'faults', command: 'npm run test:faults -- --tap', mustRunAll: true },
  { name: 'simulation', command: 'npm run test:simulation -- --tap', mustRunAll: true },
  { name: 'crash', command: 'npm run test:crash -- --tap', mustRunAll: true },
  { name: 'gcs', command: 'npm run test:gcs -- --tap', mustRunAll: true },
  { name: 'clients on gcs', command: 'npm run test:clients-gcs -- --tap', mustRunAll: true },
  { name: 'redis', command: 'npm run test:redis -- --tap', mustRunAll: true },
  { name: 'interop', command: 'npm run test:interop -- --tap', mustRunAll: true },
  { name: 'cluster', command: 'npm run test:cluster -- --tap', mustRunAll: true },
  { name: 'abuse', command: 'npm run test:abuse -- --tap', mustRunAll: true },
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
    // The group has ended already.
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

/** Why a suite failed although each of its results says `ok`; `undefined` when it did not. */
function hiddenFailure(suite, counts, ended) {
  if (ended !== 0) return `ended with ${ended}`;
  if (suite.isStep) return undefined;
  if (!counts.planned) return 'wrote no complete TAP';
  if (counts.passed + counts.failed === 0) return 'ran no test';
  if (suite.mustRunAll && counts.skipped > 0) return `skipped ${counts.skipped} tests`;
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
    // Something that left the group may hold the output open for ever.
    timers.push(setTimeout(() => resolve('no end in time'), left + 2 * GRACE_MS));
  });
  for (const timer of timers) clearTimeout(timer);
  return ended;
}

async function runSuite(suite) {
  const counts = { passed: 0, failed: 0, skipped: 0, summedFailures: 0, planned: false };
  console.log(`\n=== ${suite.name}: ${suite.command}`);
  const child = spawn(suite.command, { shell: true, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  current = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(line);
    countLine(line, counts);
  });
  const ended = await endOf(child);
  const hidden = hiddenFailure(suite, counts, ended);
  const failed = Math.max(counts.failed, counts.summedFailures, hidden === undefined ? 0 : 1);
  const notes = [`${counts.passed} ok`, `${failed} not ok`, `${counts.skipped} skipped`, hidden ?? 'complete'];
  console.log(`=== ${suite.name}: ${notes.join(', ')}`);
  return { passed: counts.passed, failed };
}

let passed = 0;
let failed = 0;
for (const suite of suites) {
  const counts = await runSuite(suite);
  passed += counts.passed;
  failed += counts.failed;
  if (suite.isStep && counts.failed > 0) break;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
