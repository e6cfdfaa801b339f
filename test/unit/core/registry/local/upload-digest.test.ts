import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { Digester } from '../../../../../core/digest/digester.ts';
import {
  DriverError,
  type ReadOptions,
  type StorageDriver,
  type StoragePath,
} from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { parseUploadId, type UploadId } from '../../../../../core/model/reference.ts';
import { FilesystemDriver } from '../../../../../drivers/filesystem/filesystem-driver.ts';
import { bodyOf, content, drain, MIB, names } from '../../../../../testing/driver-case.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { storedUpload } from '../../../../helpers/core/stored-upload.ts';
import { DriverWrapper } from '../../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const REPOSITORY = name('foo/bar');
/** Sizes and offsets below are in units of 16 KiB, because the filesystem driver gets no states of less than 4 MiB. */
const UNIT = 16 * 1024;
const BYTES = content(1000 * UNIT);
const DIGEST = digestOf(BYTES);

/** Records the offsets at which the content of uploads is read. */
class ReadNotes extends DriverWrapper {
  readonly starts: number[] = [];

  protected override around<Result>(_site: unknown, action: () => Promise<Result>): Promise<Result> {
    return action();
  }

  override read(path: StoragePath, options?: ReadOptions): ReturnType<StorageDriver['read']> {
    if (path.endsWith('/data') && path.includes('/_uploads/')) this.starts.push(options?.start ?? 0);
    return super.read(path, options);
  }
}

for (const algorithm of ['sha256', 'sha512']) {
  eachDriver(`an upload by ${algorithm} goes through three processes, and none reads a byte`, async (t, driver) => {
    const notes = new ReadNotes(driver);
    const digest = digestOf(BYTES, algorithm);
    const uuid = await storedUpload(composeCore(notes), REPOSITORY);
    for (const [start, end] of [
      [0, 400],
      [400, 900],
    ] as const) {
      await using upload = await composeCore(notes).layers.resume(REPOSITORY, {
        uuid,
        offset: start * UNIT,
        algorithm,
      });
      await upload.append({ body: bodyOf(unitsOf(start, end)) });
    }
    const last = composeCore(notes);
    await using upload = await last.layers.resume(REPOSITORY, { uuid, offset: 900 * UNIT, algorithm });
    await upload.append({ body: bodyOf(unitsOf(900)) });
    await upload.finish(digest);
    t.deepEqual(notes.starts, []);
    t.true((await drain(await (await last.layers.fetch(REPOSITORY, digest)).open())).equals(BYTES));
    t.deepEqual(await uploadsOf(last), []);
  });
}

eachDriver('a state is what distribution would have written', async (t, driver) => {
  const core = composeCore(driver);
  const uuid = await begin(core, 700);
  t.deepEqual(await stateOf(core, uuid, 700), new Digester().update(unitsOf(0, 700)).save());
});

eachDriver('a body that breaks off leaves the state of the bytes that came', async (t, driver) => {
  const notes = new ReadNotes(driver);
  const core = composeCore(notes);
  const uuid = await begin(core, 0);
  {
    await using upload = await core.layers.resume(REPOSITORY, { uuid });
    async function* body() {
      yield unitsOf(0, 300);
      throw new Error('the client went away');
    }
    await t.throwsAsync(upload.append({ body: body() }), { message: 'the client went away' });
  }
  await finish(composeCore(notes), uuid, 300);
  t.deepEqual(notes.starts, []);
});

eachDriver('without a state the bytes are read once', async (t, driver) => {
  const notes = new ReadNotes(driver);
  const core = composeCore(notes);
  const uuid = await begin(core, 500);
  await core.driver.delete(core.paths.uploadHashStates(REPOSITORY, uuid));
  await finish(composeCore(notes), uuid, 500);
  t.deepEqual(notes.starts, [0]);
});

eachDriver('only the bytes after the newest state are read', async (t, driver) => {
  const notes = new ReadNotes(driver);
  const core = composeCore(notes);
  const uuid = await begin(core, 500);
  await append(core, uuid, 500, 600);
  await core.driver.delete(statePath(core, uuid, 600));
  await finish(composeCore(notes), uuid, 600);
  t.deepEqual(notes.starts, [500 * UNIT]);
});

const unusable: Readonly<Record<string, [string | number, Uint8Array | undefined]>> = {
  'cut short': [600, new Digester().save()?.subarray(0, 50)],
  'of another offset': [600, new Digester().update(Buffer.from('x')).save()],
  'of another algorithm': [600, new Digester('sha512').update(unitsOf(0, 600)).save()],
  'far too large': [600, Buffer.alloc(100_000)],
  'in a file that is named otherwise': [`0${600 * UNIT}`, new Digester().update(Buffer.alloc(600 * UNIT)).save()],
};

for (const [what, [file, state]] of Object.entries(unusable)) {
  eachDriver(`a state that is ${what} is ignored`, async (t, driver) => {
    const notes = new ReadNotes(driver);
    const core = composeCore(notes);
    const uuid = await begin(core, 500);
    await append(core, uuid, 500, 600);
    await core.driver.delete(statePath(core, uuid, 600));
    await core.driver.write(statePath(core, uuid, file), state ?? t.fail());
    await finish(composeCore(notes), uuid, 600);
    t.deepEqual(notes.starts, [500 * UNIT]);
  });
}

eachDriver('a state with wrong values costs a read and does not refuse the right bytes', async (t, driver) => {
  const notes = new ReadNotes(driver);
  const core = composeCore(notes);
  const uuid = await begin(core, 500);
  const lie = new Digester().update(Buffer.alloc(500 * UNIT)).save();
  await core.driver.write(statePath(core, uuid, 500), lie ?? t.fail());
  const last = composeCore(notes);
  await finish(last, uuid, 500);
  t.deepEqual(notes.starts, [0]);
  t.true((await drain(await (await last.layers.fetch(REPOSITORY, DIGEST)).open())).equals(BYTES));
});

eachDriver('a wrong digest is refused even if a state was used', async (t, driver) => {
  const uuid = await begin(composeCore(driver), 1000);
  const core = composeCore(driver);
  await using upload = await core.layers.resume(REPOSITORY, { uuid });
  const error = await t.throwsAsync(upload.finish(digestOf(Buffer.from('other'))), { instanceOf: RegistryError });
  t.is(error.code, 'DIGEST_INVALID');
  t.deepEqual(await uploadsOf(core), []);
});

eachDriver('a state beyond the end of the upload is removed before other bytes arrive there', async (t, driver) => {
  const notes = new ReadNotes(driver);
  const core = composeCore(notes);
  const uuid = await begin(core, 500);
  const lost = new Digester().update(unitsOf(0, 500)).update(Buffer.alloc(100 * UNIT, 'x'));
  await core.driver.write(statePath(core, uuid, 600), lost.save() ?? t.fail());
  await append(composeCore(notes), uuid, 500, 550);
  t.deepEqual(await names(core.driver, core.paths.uploadHashStates(REPOSITORY, uuid, 'sha256')), [
    `${500 * UNIT}`,
    `${550 * UNIT}`,
  ]);
  await finish(composeCore(notes), uuid, 550);
  t.deepEqual(notes.starts, []);
});

eachDriver('uploads work even if states cannot be written', async (t, driver) => {
  class WithoutStates extends ReadNotes {
    override async write(path: StoragePath, bytes: Uint8Array): Promise<void> {
      if (path.includes('/hashstates/')) throw new DriverError('unavailable', { path });
      await super.write(path, bytes);
    }
  }
  const notes = new WithoutStates(driver);
  const uuid = await begin(composeCore(notes), 500);
  await finish(composeCore(notes), uuid, 500);
  t.deepEqual(notes.starts, [0]);
});

test('after a kill in the middle of a chunk only the bytes after the last state are read again', async (t) => {
  const root = await tempRoot(t);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../../../helpers/processes/stuck-upload.js'), root],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  const driver = await FilesystemDriver.open({ rootFolder: root, maxCalls: 100, warn: (text) => t.log(text) });
  t.teardown(() => driver[Symbol.asyncDispose]());
  const notes = new ReadNotes(driver);
  const { layers } = composeCore(notes);
  const uuid = parseUploadId(line.trim());
  const { offset } = await layers.status(REPOSITORY, { uuid });
  t.true(offset > 64 * MIB, `${offset} bytes were kept`);
  const whole = new Digester();
  for (let index = 0; index < 100; index += 1) whole.update(Buffer.alloc(MIB, index));
  await using upload = await layers.resume(REPOSITORY, { uuid, offset });
  const rest = Buffer.concat(Array.from({ length: 100 }, (_, index) => Buffer.alloc(MIB, index))).subarray(offset);
  await upload.append({ body: bodyOf(rest) });
  await upload.finish(whole.digest());
  t.deepEqual(notes.starts, [64 * MIB]);
});

async function begin({ layers, uploads }: CoreParts, size: number): Promise<UploadId> {
  if (size === 0) return storedUpload({ uploads }, REPOSITORY);
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(unitsOf(0, size)) });
  return upload.state.uuid;
}

async function append({ layers }: CoreParts, uuid: UploadId, start: number, end: number): Promise<void> {
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: start * UNIT });
  await upload.append({ body: bodyOf(unitsOf(start, end)) });
}

/** Receives the bytes from `start` on, and finishes the blob. */
async function finish({ layers }: CoreParts, uuid: UploadId, start: number): Promise<void> {
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: start * UNIT, algorithm: 'sha256' });
  await upload.append({ body: bodyOf(unitsOf(start)) });
  await upload.finish(DIGEST);
}

function unitsOf(start: number, end?: number): Buffer {
  return BYTES.subarray(start * UNIT, end === undefined ? undefined : end * UNIT);
}

/** @param offset in units, or the name of the file */
const statePath = ({ paths }: CoreParts, uuid: UploadId, offset: number | string) =>
  `${paths.uploadHashStates(REPOSITORY, uuid, 'sha256')}/${typeof offset === 'string' ? offset : offset * UNIT}` as StoragePath;

async function stateOf(core: CoreParts, uuid: UploadId, offset: number): Promise<Buffer> {
  return drain(await core.driver.read(statePath(core, uuid, offset)));
}

/** The uploads of the repository that have left anything behind. */
async function uploadsOf({ driver, paths }: CoreParts): Promise<string[]> {
  const folder = `${paths.repository(REPOSITORY)}/_uploads`;
  return (await driver.stat(folder as StoragePath)) === undefined ? [] : names(driver, folder);
}
