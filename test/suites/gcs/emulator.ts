import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import ava from 'ava';
import { freePort } from '../../helpers/processes/free-port.ts';
import {
  type DeclareTest,
  findCommand,
  missingPackages,
  testsThatNeed,
} from '../../helpers/running/tests-that-need.ts';

const NAME = 'fake-gcs-server';
/** The same version as in `.ci/run`. */
const INSTALL = `go install github.com/fsouza/${NAME}@v1.56.1`;

/** The emulator of Cloud Storage, on the PATH or where `go install` puts it. */
const command = findCommand(NAME) ?? findCommand(NAME, [goFolder()]);

/** How to get the emulator; nothing if it is installed. */
export const emulatorNeeds: readonly string[] = command === undefined ? [INSTALL] : [];

/**
 * Declares tests that need the emulator. If it is missing they are all skipped, and one line says so.
 * @param packages the Debian package of each other command that the tests run
 */
export function testsWithEmulator(what: string, packages: Readonly<Record<string, string>> = {}): DeclareTest {
  return testsThatNeed([...emulatorNeeds, ...missingPackages(packages)], {
    describe: (count) => `all ${count} tests of ${what} on Cloud Storage`,
  });
}

let running: Promise<string> | undefined;
let end = (): void => undefined;

ava.after.always('the emulator ends', () => end());

/** The address of the emulator of this test file; it keeps everything in memory and ends with the file. */
export function emulatorUrl(): Promise<string> {
  running ??= start();
  return running;
}

/** Creates an empty bucket of its own for one test, and returns its name. */
export async function newBucket(): Promise<string> {
  const name = `bucket-${randomUUID()}`;
  const response = await fetch(`${await emulatorUrl()}/storage/v1/b?project=test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!response.ok) throw new Error(`the emulator answered ${response.status} for a new bucket`);
  return name;
}

async function start(): Promise<string> {
  if (command === undefined) throw new Error(`${NAME} is not installed`);
  const port = await freePort();
  const options = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)];
  const child = spawn(command, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  await started(child);
  child.unref();
  return `http://127.0.0.1:${port}`;
}

async function started(child: ChildProcess & { readonly stderr: NodeJS.ReadableStream }): Promise<void> {
  const lines = createInterface({ input: child.stderr });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${NAME} ended before it served`)));
  const serving = new Promise<void>((resolve) => {
    lines.on('line', (line) => line.includes('server started') && resolve());
  });
  ended.catch(() => undefined);
  await Promise.race([serving, ended]);
}

function goFolder(): string {
  try {
    return join(execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8', stdio: 'pipe' }).trim(), 'bin');
  } catch {
    return join(process.env['HOME'] ?? '', 'go', 'bin');
  }
}
