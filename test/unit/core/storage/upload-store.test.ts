import { DriverError, type DriverWriter } from '../../../../core/driver/index.ts';
import { createUploadId, parseUploadId, type UploadId } from '../../../../core/model/reference.ts';
import type { UploadStore } from '../../../../core/storage/upload-store.ts';
import { bodyOf, drain, names, readAll } from '../../../../testing/driver-case.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';

const REPOSITORY = name('foo/bar');
const BYTES = Buffer.from('0123456789');

async function create(uploads: UploadStore, id: UploadId): Promise<{ startedAt: Date; writer: DriverWriter }> {
  const startedAt = new Date('2026-01-02T03:04:05Z');
  await uploads.recordStart(REPOSITORY, id, startedAt);
  return { startedAt, writer: await uploads.openFirst(REPOSITORY, id) };
}

eachDriver('a new upload has a time in whole seconds, as distribution writes it, and no bytes', async (t, driver) => {
  const { uploads, paths } = composeCore(driver);
  const id = createUploadId();
  const { startedAt, writer } = await create(uploads, id);
  await writer[Symbol.asyncDispose]();
  const text = (await readAll(driver, paths.uploadStartedAt(REPOSITORY, id))).toString();
  t.regex(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  t.is(new Date(text).getTime(), startedAt.getTime());
  t.deepEqual(await uploads.startedAt(REPOSITORY, id), startedAt);
  t.is(await uploads.size(REPOSITORY, id), 0);
});

eachDriver('an upload continues after its bytes', async (t, driver) => {
  const { uploads } = composeCore(driver);
  const id = createUploadId();
  const { writer } = await create(uploads, id);
  await writer.append(bodyOf(BYTES.subarray(0, 4)));
  await writer[Symbol.asyncDispose]();
  t.is(await uploads.size(REPOSITORY, id), 4);
  const next = await uploads.openWriter(REPOSITORY, id);
  t.is(next?.size, 4);
  await next?.append(bodyOf(BYTES.subarray(4)));
  await next?.commit();
  await next?.[Symbol.asyncDispose]();
  t.is(await uploads.size(REPOSITORY, id), 10);
  t.deepEqual(await drain(await uploads.read(REPOSITORY, id)), BYTES);
});

eachDriver('committed content needs no writer if uncommitted bytes are hidden', async (t, driver) => {
  const { uploads } = composeCore(driver);
  const id = createUploadId();
  const { writer } = await create(uploads, id);
  await writer.append(bodyOf(BYTES));
  await writer.commit();
  await writer[Symbol.asyncDispose]();
  await using again = (await uploads.openWriter(REPOSITORY, id)) ?? null;
  t.is(again === null, driver.capabilities.hidesUncommitted);
  t.is(again?.size ?? 10, 10);
});

eachDriver('a committed upload without bytes can be opened and committed again', async (t, driver) => {
  const { uploads } = composeCore(driver);
  const id = createUploadId();
  const { writer } = await create(uploads, id);
  await writer.commit();
  await writer[Symbol.asyncDispose]();
  const again = await uploads.openWriter(REPOSITORY, id);
  await again?.commit();
  await again?.[Symbol.asyncDispose]();
  t.deepEqual(await drain(await uploads.read(REPOSITORY, id)), Buffer.alloc(0));
});

const times: Readonly<Record<string, string>> = {
  '2025-01-02T03:04:05Z': '2025-01-02T03:04:05.000Z',
  '2025-01-02T03:04:05.123456789Z': '2025-01-02T03:04:05.123Z',
  '2025-01-02T04:04:05+01:00': '2025-01-02T03:04:05.000Z',
  '2025-01-02T03:04:05Z\n': '2025-01-02T03:04:05.000Z',
};

for (const [text, time] of Object.entries(times)) {
  eachDriver(`a foreign upload begun at ${JSON.stringify(text)} is known`, async (t, driver) => {
    const { uploads, paths } = composeCore(driver);
    const id = parseUploadId('foreign');
    await driver.write(paths.uploadStartedAt(REPOSITORY, id), Buffer.from(text));
    t.is((await uploads.startedAt(REPOSITORY, id))?.toISOString(), time);
  });
}

for (const bytes of [Buffer.alloc(0), Buffer.from('yesterday'), Buffer.alloc(100_000, '2')]) {
  eachDriver(
    `an upload with ${bytes.byteLength} bytes of garbage for its time is known, and old`,
    async (t, driver) => {
      const { uploads, paths } = composeCore(driver);
      const id = parseUploadId('foreign');
      await driver.write(paths.uploadStartedAt(REPOSITORY, id), bytes);
      t.is((await uploads.startedAt(REPOSITORY, id))?.getTime(), 0);
    },
  );
}

eachDriver('an upload without a time does not exist, whatever bytes it has', async (t, driver) => {
  const { uploads, paths } = composeCore(driver);
  const id = createUploadId();
  await driver.write(paths.uploadData(REPOSITORY, id), BYTES);
  t.is(await uploads.startedAt(REPOSITORY, id), undefined);
});

eachDriver('an upload belongs to its repository alone', async (t, driver) => {
  const { uploads } = composeCore(driver);
  const id = createUploadId();
  await (await create(uploads, id)).writer[Symbol.asyncDispose]();
  t.is(await uploads.startedAt(name('foo'), id), undefined);
  t.is(await uploads.startedAt(name('foo/baz'), id), undefined);
});

eachDriver('asking for the size of an upload without bytes writes nothing', async (t, driver) => {
  const { uploads, paths } = composeCore(driver);
  const id = createUploadId();
  await driver.write(paths.uploadStartedAt(REPOSITORY, id), Buffer.from('2025-01-02T03:04:05Z'));
  t.is(await uploads.size(REPOSITORY, id), 0);
  t.deepEqual(await names(driver, paths.upload(REPOSITORY, id)), ['startedat']);
});

eachDriver('asking for the size of a vanished upload leaves nothing behind', async (t, driver) => {
  const { uploads, paths } = composeCore(driver);
  t.is(await uploads.size(REPOSITORY, createUploadId()), 0);
  t.is(await driver.stat(paths.repository(REPOSITORY)), undefined);
});

eachDriver('an upload whose first bytes were lost starts again', async (t, driver) => {
  const { uploads, paths } = composeCore(driver);
  const id = createUploadId();
  await driver.write(paths.uploadStartedAt(REPOSITORY, id), Buffer.from('2025-01-02T03:04:05Z'));
  await using writer = (await uploads.openWriter(REPOSITORY, id)) ?? null;
  t.is(writer?.size, 0);
});

eachDriver('removing deletes everything, including uncommitted bytes, and may be repeated', async (t, driver) => {
  const { uploads, paths } = composeCore(driver);
  const id = createUploadId();
  const { writer } = await create(uploads, id);
  await writer.append(bodyOf(BYTES));
  await writer[Symbol.asyncDispose]();
  await uploads.remove(REPOSITORY, id);
  await uploads.remove(REPOSITORY, id);
  t.is(await uploads.startedAt(REPOSITORY, id), undefined);
  t.is(await driver.stat(paths.upload(REPOSITORY, id)), undefined);
  const error = await t.throwsAsync(driver.openWriter(paths.uploadData(REPOSITORY, id), { append: true }), {
    instanceOf: DriverError,
  });
  t.is(error.code, 'not-found');
});

eachDriver('beginning costs two calls', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { writer } = await create(composeCore(counting).uploads, createUploadId());
  await writer[Symbol.asyncDispose]();
  t.deepEqual(
    counting.sites.map(({ call }) => call),
    ['write', 'openWriter'],
  );
});

eachDriver('a failing backend is an error, never a missing upload', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { uploads } = composeCore(failing);
  const id = createUploadId();
  await (await create(uploads, id)).writer[Symbol.asyncDispose]();
  const calls: ReadonlyArray<() => Promise<unknown>> = [
    () => uploads.startedAt(REPOSITORY, id),
    () => uploads.size(REPOSITORY, id),
    () => uploads.openWriter(REPOSITORY, id),
    () => uploads.remove(REPOSITORY, id),
  ];
  for (const call of calls) {
    failing.failAt(0);
    await t.throwsAsync(call(), { instanceOf: DriverError, message: /unavailable/ });
  }
});
