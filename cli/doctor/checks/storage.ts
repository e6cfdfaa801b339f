import { randomBytes } from 'node:crypto';
import { DriverError, ROOT_PATH, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { readStart } from '../../../core/storage/small-files.ts';
import { type DoctorCheck, type DoctorFinding, failure, ok } from '../check.ts';

const WRITTEN = '/Written/file' as StoragePath;
const MOVED = '/Moved/file' as StoragePath;
const OTHER_CASE = '/moved/FILE' as StoragePath;
const BYTES = 256;

/** With the rights of this process, each thing that a registry does. */
export const storage: DoctorCheck = {
  name: 'storage',
  proves: 'this user can create, read, move, list and delete files in the storage, and the case of names counts',
  run: async (examined) => {
    // If it cannot be opened, this is the check that says why.
    void examined.configured;
    await examined.openStorage();
    const { driver } = await examined.trial();
    return tryOut(driver);
  },
};

async function tryOut(driver: StorageDriver): Promise<readonly DoctorFinding[]> {
  const content = randomBytes(BYTES);
  const bytesAt = (path: StoragePath) => readStart(driver, path, { maxBytes: BYTES + 1 });
  const steps: ReadonlyArray<readonly [what: string, action: () => Promise<string | undefined>]> = [
    ['created', () => done(driver.write(WRITTEN, content))],
    [
      'read',
      async () => ((await bytesAt(WRITTEN))?.equals(content) ? undefined : 'it has other bytes than were written'),
    ],
    ['moved', () => done(driver.move(WRITTEN, MOVED))],
    ['listed', async () => ((await namesIn(driver)).includes('Moved') ? undefined : 'the new folder is not listed')],
    ['deleted', () => done(driver.delete(MOVED))],
  ];
  const findings: DoctorFinding[] = [];
  for (const [what, action] of steps) {
    const problem = await action().catch((error: unknown) => reasonOf(error));
    if (problem !== undefined) {
      return [...findings, failure(`a file cannot be ${what}: ${problem}`, remedyFor(problem))];
    }
    if (what === 'moved' && (await driver.stat(OTHER_CASE)) !== undefined) findings.push(caseIgnored());
  }
  return [...findings, ok('files can be created, read, moved, listed and deleted')];
}

function caseIgnored(): DoctorFinding {
  const finding = 'names that differ in case only are one file, so that the tags V1 and v1 overwrite each other';
  return failure(finding, 'use a case-sensitive file system');
}

function remedyFor(problem: string): string {
  return problem.includes('denied')
    ? 'give the user of the registry all rights, and run this as that user'
    : 'look at the log of the storage';
}

async function done(call: Promise<unknown>): Promise<undefined> {
  await call;
}

async function namesIn(driver: StorageDriver): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of driver.list(ROOT_PATH)) names.push(name);
  return names;
}

function reasonOf(error: unknown): string {
  if (DriverError.is(error)) return error.message;
  throw error;
}
