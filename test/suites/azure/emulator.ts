import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import ava from 'ava';
import { signRequest } from '../../../drivers/azure/shared-key.ts';
import { HttpTransport } from '../../../drivers/object-store/http-transport.ts';
import { freePort } from '../../helpers/processes/free-port.ts';
import {
  type DeclareTest,
  findCommand,
  missingPackages,
  testsThatNeed,
} from '../../helpers/running/tests-that-need.ts';

const NAME = 'azurite-blob';
/** The same version as in `.ci/run`. */
const INSTALL = 'npm install --global --ignore-scripts azurite@3.37.0';

/** The emulator of Azure Blob Storage, on the PATH. */
const command = findCommand(NAME);

/** The account that every emulator has (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
export const ACCOUNT = {
  accountname: 'devstoreaccount1',
  accountkey: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};

/**
 * It closes connections after 5 s without a request, whatever its option says. On a busy machine that resets requests, and
 * a delete that is repeated cannot know whether it was the first attempt that found nothing.
 */
const PATIENT = `data:text/javascript,${encodeURIComponent(
  'import { Server } from "node:http"; Object.defineProperty(Server.prototype, "keepAliveTimeout", { get: () => 600_000, set() {} });',
)}`;

/** How to get the emulator; nothing if it is installed. */
const emulatorNeeds: readonly string[] = command === undefined ? [INSTALL] : [];

/**
 * Declares tests that need the emulator. If it is missing they are all skipped, and one line says so.
 * @param packages the Debian package of each other command that the tests run
 */
export function testsWithEmulator(what: string, packages: Readonly<Record<string, string>> = {}): DeclareTest {
  return testsThatNeed([...emulatorNeeds, ...missingPackages(packages)], {
    describe: (count) => `all ${count} tests of ${what} on Azure Blob Storage`,
  });
}

let running: Promise<string> | undefined;
let end = (): void => undefined;

ava.after.always('the emulator ends', () => end());

/** The address of the account in the emulator of this test file; it keeps everything in memory and ends with the file. */
export function emulatorUrl(): Promise<string> {
  running ??= startEmulator().then((url) => `${url}/${ACCOUNT.accountname}`);
  return running;
}

/** Starts an emulator. @returns its address, without an account */
export async function startEmulator(options: readonly string[] = []): Promise<string> {
  if (command === undefined) throw new Error(`${NAME} is not installed`);
  const port = String(await freePort());
  const fixed = [
    '--inMemoryPersistence',
    '--silent',
    '--disableTelemetry',
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    port,
  ];
  // The program itself would take the Node of the machine, which may be too old.
  const child = spawn(process.execPath, ['--import', PATIENT, await realpath(command), ...fixed, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const before = end;
  end = () => {
    before();
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const lines = createInterface({ input: child.stdout });
  const address = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const url = /successfully listens on (\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${NAME} ended before it served`)));
  ended.catch(() => undefined);
  const url = await Promise.race([address, ended]);
  child.unref();
  return url;
}

/** Creates an empty container of its own for one test, and returns its name. @param account default: `emulatorUrl` */
export async function newContainer(account?: string): Promise<string> {
  const name = `container-${randomUUID()}`;
  const url = new URL(`${account ?? (await emulatorUrl())}/${name}?restype=container`);
  using transport = new HttpTransport({
    service: NAME,
    maxCalls: 1,
    userAgent: 'stowage-test',
    verifyTls: false,
    authorize: async (_, request) => signRequest(sharedKey(), request),
  });
  const answer = await transport.send({ method: 'PUT', url, headers: { 'x-ms-version': '2022-11-02' } });
  if (answer.status !== 201) throw transport.error(answer);
  return name;
}

/** The key of {@link ACCOUNT}. */
export function sharedKey() {
  return { accountName: ACCOUNT.accountname, key: Buffer.from(ACCOUNT.accountkey, 'base64') };
}
