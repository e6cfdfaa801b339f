import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import ava from 'ava';
import { freePort } from '../../helpers/processes/free-port.ts';
import {
  type DeclareTest,
  findCommand,
  missingPackages,
  testsThatNeed,
} from '../../helpers/running/tests-that-need.ts';

/** The keys of every emulator. */
export const KEYS = { accesskey: 'stowage', secretkey: 'stowage-secret' } as const;
export const REGION = 'us-east-1';

/** A program that understands the API of S3. */
export interface Emulator {
  readonly name: string;
  /** How to get it; the same version as in `.ci/run`. */
  readonly install: string;
  readonly command: string | undefined;
  /** Its arguments, for a port and an empty folder. */
  readonly options: (port: number, folder: string) => readonly string[];
}

function program(name: string, folder: () => string): string | undefined {
  return findCommand(name) ?? findCommand(name, [folder()]);
}

/** Checks signatures, checksums and conditions; a key cannot be a folder as well. */
export const VERSITYGW: Emulator = {
  name: 'versitygw',
  install: 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  command: program('versitygw', () => join(outputOf('go', ['env', 'GOPATH']) || join(homedir(), 'go'), 'bin')),
  options: (port, folder) => [
    ...['--access', KEYS.accesskey, '--secret', KEYS.secretkey, '--port', `127.0.0.1:${port}`, '--quiet'],
    ...['posix', folder],
  ],
};

/** Keeps objects in memory, and checks no signature. */
export const MOTO: Emulator = {
  name: 'moto_server',
  install: "pip install 'moto[s3,server]==5.2.1'",
  command: program('moto_server', () =>
    outputOf('python3', ['-c', 'import sysconfig; print(sysconfig.get_path("scripts"))']),
  ),
  options: (port) => ['-H', '127.0.0.1', '-p', String(port)],
};

/** How tests on an emulator run. */
interface EmulatorTests {
  /** The Debian package of each other command that the tests run. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Whether each test runs alone among those of its file. Default: `false`. */
  readonly isSerial?: boolean;
}

/** Declares tests that need an emulator. If it is missing they are all skipped, and one line says so. */
export function testsOn(
  { name, command, install }: Emulator,
  what: string,
  { packages = {}, isSerial = false }: EmulatorTests = {},
): DeclareTest {
  return testsThatNeed([...(command === undefined ? [install] : []), ...missingPackages(packages)], {
    describe: (count) => `all ${count} tests of ${what} on ${name}`,
    isSerial,
  });
}

const running = new Map<string, Promise<string>>();
const ends: (() => void)[] = [];

function endAll(): void {
  for (const end of ends.splice(0)) end();
}

ava.after.always('the emulators end', endAll);

/** The address of the emulator of this test file; it ends with the file. */
export function emulatorUrl(emulator: Emulator): Promise<string> {
  const url = running.get(emulator.name) ?? start(emulator);
  running.set(emulator.name, url);
  return url;
}

/** Creates an empty bucket of its own for one test, and returns its name. */
export async function newBucket(emulator: Emulator): Promise<string> {
  const name = `bucket-${randomUUID()}`;
  await using client = await openClient(emulator);
  await client.s3.send(new CreateBucketCommand({ Bucket: name }));
  return name;
}

/** Amazon's library at an emulator, without the driver. */
export async function openClient(emulator: Emulator): Promise<{ readonly s3: S3Client } & AsyncDisposable> {
  const s3 = new S3Client({
    endpoint: await emulatorUrl(emulator),
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: KEYS.accesskey, secretAccessKey: KEYS.secretkey },
  });
  return { s3, [Symbol.asyncDispose]: async () => s3.destroy() };
}

async function start({ name, command, options }: Emulator): Promise<string> {
  if (command === undefined) throw new Error(`${name} is not installed`);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), `stowage-${name}-`));
  const child = spawn(command, options(port, folder), { stdio: 'ignore' });
  ends.push(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  process.once('exit', endAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const url = `http://127.0.0.1:${port}`;
  await serving(url, name, child);
  child.unref();
  return url;
}

/** Neither emulator says when it serves. */
async function serving(url: string, name: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended before it served`);
    const isServing = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isServing) return;
    await setTimeout(50);
  }
}

function outputOf(command: string, options: readonly string[]): string {
  try {
    return execFileSync(command, options, { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}
