import { digestOf } from '../../../../../core/digest/digest.ts';
import { UploadRangeError } from '../../../../../core/model/upload-state.ts';
import { bodyOf, content, MIB } from '../../../../../testing/driver-case.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { begin, end, isStored, isUnknown, patch, REPOSITORY } from '../../../../helpers/core/upload-requests.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const BYTES = content(5000);
const DIGEST = digestOf(BYTES);
const LARGE = content(5 * MIB, 2);

eachDriver('a chunk of a small blob is kept in memory, so that finishing reads nothing', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const core = composeCore(counting);
  const state = await patch(core, await begin(core), bodyOf(BYTES));
  counting.reset();
  t.is((await end(core, state, DIGEST)).size, BYTES.byteLength);
  t.deepEqual(
    counting.sites.map(({ call }) => call),
    ['stat', 'write', 'write', 'delete'],
  );
  await isStored(t, core, BYTES);
  t.deepEqual(await core.uploads.ids(REPOSITORY), []);
});

eachDriver('bytes that are kept in memory do not count when another instance has gone on', async (t, driver) => {
  const [first, second] = [composeCore(driver), composeCore(driver)];
  const state = await patch(first, await begin(first), bodyOf(BYTES));
  {
    await using upload = await second.layers.resume(REPOSITORY, { uuid: state.uuid, offset: state.offset });
    await upload.append({ body: bodyOf(content(77, 3)) });
    await upload.close();
  }
  const error = await t.throwsAsync(end(first, state, DIGEST), { instanceOf: UploadRangeError });
  t.is(error.state.offset, BYTES.byteLength + 77);
  t.false(await first.layers.exists(REPOSITORY, DIGEST));
  const whole = Buffer.concat([BYTES, content(77, 3)]);
  await end(first, { uuid: state.uuid, offset: whole.byteLength }, digestOf(whole));
  await isStored(t, second, whole);
});

eachDriver(
  'bytes that are kept in memory do not revive an upload that another instance has ended',
  async (t, driver) => {
    const [first, second] = [composeCore(driver), composeCore(driver)];
    const cancelled = await patch(first, await begin(first), bodyOf(BYTES));
    {
      await using upload = await second.layers.resume(REPOSITORY, { uuid: cancelled.uuid });
      await upload.cancel();
    }
    await isUnknown(t, end(first, cancelled, DIGEST));
    const finished = await patch(first, await begin(first), bodyOf(BYTES));
    await end(second, finished, DIGEST);
    // The answer of the other instance was lost.
    t.is((await end(first, finished, DIGEST)).size, BYTES.byteLength);
  },
);

eachDriver('more bytes follow those that are kept in memory, and a wrong digest removes both', async (t, driver) => {
  const core = composeCore(driver);
  const whole = Buffer.concat([BYTES, LARGE]);
  for (const digest of [digestOf(whole), DIGEST]) {
    const { uuid, offset } = await patch(core, await begin(core), bodyOf(BYTES));
    await using upload = await core.layers.resumeToFinish(REPOSITORY, { uuid, offset, digest });
    await upload.append({ body: bodyOf(LARGE) });
    if (digest === DIGEST) await t.throwsAsync(upload.finish(digest), { message: /DIGEST_INVALID/ });
    else await upload.finish(digest);
  }
  await isStored(t, core, whole);
  const state = await patch(core, await begin(core), bodyOf(BYTES));
  await t.throwsAsync(end(core, state, digestOf(LARGE)), { message: /DIGEST_INVALID/ });
  t.deepEqual(await core.uploads.ids(REPOSITORY), []);
});
