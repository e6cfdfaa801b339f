import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { DriverError, type StorageDriver } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { UploadRangeError } from '../../../../../core/model/upload-state.ts';
import { MAX_HELD_BYTES } from '../../../../../core/registry/local/held-bytes.ts';
import { bodyOf, chunked, content, MIB } from '../../../../../testing/driver-case.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { everyInterleaving } from '../../../../helpers/core/interleavings.ts';
import {
  type Begun,
  begin,
  end,
  isStored,
  isUnknown,
  patch,
  put,
  REPOSITORY,
} from '../../../../helpers/core/upload-requests.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';
import { GatedDriver } from '../../../../helpers/drivers/gated-driver.ts';

const BYTES = content(5000);
const DIGEST = digestOf(BYTES);
const LARGE = content(5 * MIB, 2);

/** Breaks off after `bytes`, as the body of a client that leaves. */
async function* broken(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunked(bytes, 100_000);
  throw new Error('the client went away');
}

eachDriver('an upload without bytes costs no call, and its status one', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const core = composeCore(counting);
  const { uuid, startedAt } = await begin(core);
  t.is(counting.count(), 0);
  for (const { layers } of [core, composeCore(counting)]) {
    counting.reset();
    const state = await layers.status(REPOSITORY, { uuid, begunAt: startedAt });
    t.like(state, { uuid, offset: 0, startedAt });
    t.is(counting.count(), 1);
    await isUnknown(t, layers.status(REPOSITORY, { uuid }));
  }
});

eachDriver('a chunk without bytes leaves nothing in the storage', async (t, driver) => {
  const core = composeCore(driver);
  const begun = await begin(core);
  t.is((await patch(core, begun, bodyOf())).offset, 0);
  t.is(await core.driver.stat(core.paths.repository(REPOSITORY)), undefined);
  t.is((await put(composeCore(driver), begun, BYTES)).size, BYTES.byteLength);
  await isStored(t, core, BYTES);
});

eachDriver('a small blob in one body is written beside its link, and no upload is stored', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const core = composeCore(counting);
  await put(core, await begin(core), BYTES);
  t.deepEqual(counting.sites.map(({ call }) => call).toSorted(), ['read', 'write', 'write']);
  t.is(await core.driver.stat(core.paths.uploads(REPOSITORY)), undefined);
  await isStored(t, core, BYTES);
});

for (const [first, second] of [
  ['/blobs/', '/_layers/'],
  ['/_layers/', '/blobs/'],
] as const) {
  eachDriver(`a small blob waits for its ${second} even when its ${first} fails`, async (t, driver) => {
    const gated = new GatedDriver(driver);
    const failing = new FaultInjector(gated);
    const core = composeCore(failing);
    const begun = await begin(core);
    const gate = gated.holdNext(({ call, path }) => call === 'write' && path.includes(second));
    failing.plan({ fault: 'before', index: first === '/blobs/' ? 0 : 1, call: 'write' });
    const outcome = t.throwsAsync(put(core, begun, BYTES), { instanceOf: DriverError });
    await gate.reached;
    t.is(await Promise.race([outcome, Promise.resolve('still waiting')]), 'still waiting');
    gate.open();
    await outcome;
    t.false(await core.layers.exists(REPOSITORY, DIGEST));
    await put(core, begun, BYTES);
    await isStored(t, core, BYTES);
  });
}

eachDriver('a large blob in one body is stored without the start of an upload', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const core = composeCore(counting);
  await put(core, await begin(core), LARGE);
  t.deepEqual(
    counting.sites.map(({ call }) => call),
    ['read', 'openWriter', 'append', 'write', 'commit', 'delete'],
  );
  t.false(counting.sites.some(({ call, path }) => call === 'write' && path.endsWith('/startedat')));
  await isStored(t, core, LARGE);
  t.deepEqual(await core.uploads.ids(REPOSITORY), []);
});

for (const bytes of [BYTES.subarray(0, 10), LARGE]) {
  for (const [method, send] of [
    ['PATCH', (core: CoreParts, begun: Begun) => patch(core, begun, broken(bytes))],
    [
      'PUT',
      async ({ layers }: CoreParts, { uuid, startedAt }: Begun) => {
        await using upload = await layers.resumeToFinish(REPOSITORY, {
          uuid,
          offset: 0,
          begunAt: startedAt,
          digest: DIGEST,
        });
        await upload.append({ body: broken(bytes) });
      },
    ],
  ] as const) {
    eachDriver(
      `a first ${method} that breaks off after ${bytes.byteLength} bytes is resumed elsewhere`,
      async (t, driver) => {
        const core = composeCore(driver);
        const begun = await begin(core);
        await t.throwsAsync(send(core, begun), { message: 'the client went away' });
        const other = composeCore(driver);
        const { offset } = await other.layers.status(REPOSITORY, { uuid: begun.uuid });
        t.is(offset, bytes.byteLength);
        const whole = Buffer.concat([bytes, BYTES]);
        await using upload = await other.layers.resume(REPOSITORY, { uuid: begun.uuid, offset });
        await upload.append({ body: bodyOf(BYTES) });
        await upload.finish(digestOf(whole));
        await isStored(t, core, whole);
      },
    );
  }
}

eachDriver('a first chunk is refused where it does not begin at 0, and stores nothing', async (t, driver) => {
  const core = composeCore(driver);
  const { uuid, startedAt } = await begin(core);
  for (const range of [
    { start: 1, end: 5001 },
    { start: 0, end: -1 },
  ]) {
    await using upload = await core.layers.resume(REPOSITORY, { uuid, offset: 0, begunAt: startedAt });
    const error = await t.throwsAsync(upload.append({ body: bodyOf(BYTES), range }), { instanceOf: UploadRangeError });
    t.is(error.state.offset, 0);
  }
  t.is(await core.driver.stat(core.paths.repository(REPOSITORY)), undefined);
});

for (const size of [4999, 5001]) {
  eachDriver(
    `a first chunk of 5000 bytes whose range says ${size} is an error, and its bytes stay`,
    async (t, driver) => {
      const core = composeCore(driver);
      const { uuid, startedAt } = await begin(core);
      {
        await using upload = await core.layers.resume(REPOSITORY, { uuid, offset: 0, begunAt: startedAt });
        const chunk = { body: bodyOf(BYTES), range: { start: 0, end: size } };
        const error = await t.throwsAsync(upload.append(chunk), { instanceOf: RegistryError });
        t.is(error.code, 'SIZE_INVALID');
      }
      t.is((await core.layers.status(REPOSITORY, { uuid })).offset, 5000);
      await end(core, { uuid, offset: 5000 }, DIGEST);
      await isStored(t, core, BYTES);
    },
  );
}

eachDriver('a cancelled upload without bytes is unknown in its process, and costs nothing', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers } = composeCore(counting);
  const { uuid, startedAt: begunAt } = await begin(composeCore(counting));
  {
    await using upload = await layers.resume(REPOSITORY, { uuid, begunAt });
    await upload.cancel();
  }
  t.is(counting.count(), 1);
  await isUnknown(t, layers.status(REPOSITORY, { uuid, begunAt }));
  await isUnknown(t, layers.resume(REPOSITORY, { uuid, offset: 0, begunAt }));
});

eachDriver('a small blob with another digest is refused, and nothing of it is stored', async (t, driver) => {
  const core = composeCore(driver);
  const begun = await begin(core);
  const error = await t.throwsAsync(put(core, begun, BYTES, digestOf(Buffer.from('others'))), {
    instanceOf: RegistryError,
  });
  t.is(error.code, 'DIGEST_INVALID');
  t.is(error.detail?.['computed'], DIGEST);
  t.is(await core.driver.stat(core.paths.repository(REPOSITORY)), undefined);
  await isUnknown(t, put(core, begun, BYTES));
});

eachDriver('a chunk that is left to another instance is stored with the time of its token', async (t, driver) => {
  const [first, second] = [composeCore(driver), composeCore(driver)];
  const begun = await begin(first);
  const state = await patch(second, begun, bodyOf(BYTES));
  t.deepEqual(await first.uploads.startedAt(REPOSITORY, begun.uuid), begun.startedAt);
  await end(first, state, DIGEST);
  await isStored(t, second, BYTES);
});

eachDriver('an upload that died before it recorded its start begins again', async (t, driver) => {
  const dying = composeCore(driver);
  const begun = await begin(dying);
  const writer = await dying.uploads.openFirst(REPOSITORY, begun.uuid);
  await writer.append(bodyOf(LARGE));
  const core = composeCore(driver);
  t.is((await core.layers.status(REPOSITORY, { uuid: begun.uuid, begunAt: begun.startedAt })).offset, 0);
  const state = await patch(core, begun, bodyOf(BYTES));
  t.is(state.offset, BYTES.byteLength);
  await t.throwsAsync(async () => writer[Symbol.asyncDispose](), { message: /conflict/ });
  await end(composeCore(driver), state, DIGEST);
  await isStored(t, core, BYTES);
});

eachDriver('of many instances that begin one upload at once, exactly one is acknowledged', async (t, driver) => {
  const instances = Array.from({ length: 4 }, () => composeCore(driver));
  for (let round = 0; round < 20; round++) {
    const begun = await begin(instances[0] as CoreParts);
    const bodies = instances.map((_, index) => content(100 + index + (round % 2) * MAX_HELD_BYTES, index));
    const results = await Promise.allSettled(
      instances.map((instance, index) => patch(instance, begun, bodyOf(bodies[index] as Buffer))),
    );
    const won = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
    t.is(won.length, 1);
    for (const result of results) t.true(result.status === 'fulfilled' || result.reason instanceof UploadRangeError);
    const bytes = bodies[won[0] ?? 0] as Buffer;
    await end(instances[round % 4] as CoreParts, { uuid: begun.uuid, offset: bytes.byteLength }, digestOf(bytes));
    await isStored(t, instances[0] as CoreParts, bytes);
  }
});

test('two first chunks on two instances without common locks never both count, in any order of their calls', async (t) => {
  const bodies = { one: content(100, 1), two: content(100, 2) };
  const orders = await everyInterleaving({
    prepare: async (driver: StorageDriver) => {
      const begun = await begin(composeCore(driver));
      const lane = (body: Buffer) => async () => patch(composeCore(driver), begun, bodyOf(body));
      return { lanes: { one: lane(bodies.one), two: lane(bodies.two) }, state: { driver, begun } };
    },
    matters: ({ path }) => path.includes('/_uploads/'),
    check: async ({ driver, begun }, { order, outcomes }) => {
      const won = (['one', 'two'] as const).filter((lane) => outcomes[lane]?.status === 'fulfilled');
      t.is(won.length, 1, order);
      const bytes = bodies[won[0] ?? 'one'];
      const core = composeCore(driver);
      await end(core, { uuid: begun.uuid, offset: 100 }, digestOf(bytes));
      await isStored(t, core, bytes);
    },
  });
  t.log(`${orders} orders`);
  t.true(orders > 10);
});
