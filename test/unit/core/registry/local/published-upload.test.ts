import type { ExecutionContext } from 'ava';
import { type Digest, digestOf } from '../../../../../core/digest/digest.ts';
import { Digester } from '../../../../../core/digest/digester.ts';
import type { StorageDriver } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { createUploadId, type UploadId } from '../../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../../core/model/upload-state.ts';
import { HashStateStore } from '../../../../../core/storage/hash-state-store.ts';
import { bodyOf, content } from '../../../../../testing/driver-case.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../../helpers/drivers/gated-driver.ts';

const REPOSITORY = name('foo/bar');
const OTHER = name('foo/other');
const BYTES = content(100_000);
const DIGEST = digestOf(BYTES);
const SENT = 60_000;

async function begin({ layers }: CoreParts, bytes = BYTES.subarray(0, SENT)): Promise<UploadId> {
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(bytes) });
  return (await upload.close()).uuid;
}

async function finish(
  { layers }: CoreParts,
  { uuid, offset, rest }: { uuid: UploadId; offset: number; rest: Uint8Array },
  digest: Digest = DIGEST,
): Promise<void> {
  await using upload = await layers.resumeToFinish(REPOSITORY, { uuid, offset, digest });
  await upload.append({ body: bodyOf(rest) });
  await upload.finish(digest);
}

/**
 * The state after a process died when the bytes were the blob's, but the repository did not have the blob yet: of a
 * distribution, or of an earlier version, which made the link last.
 */
async function dieBeforeLink(t: ExecutionContext, driver: StorageDriver): Promise<UploadId> {
  const dying = composeCore(driver);
  const uuid = await begin(dying);
  const state = new Digester().update(BYTES.subarray(0, SENT));
  await new HashStateStore(dying.driver, dying.paths).save({ name: REPOSITORY, uuid }, state);
  const writer = await dying.uploads.openWriter(REPOSITORY, uuid);
  await writer?.append(bodyOf(BYTES.subarray(SENT)));
  await writer?.commit(dying.paths.blobData(DIGEST));
  t.is(await dying.blobs.size(DIGEST), BYTES.byteLength);
  t.is(await dying.blobs.find(REPOSITORY, DIGEST), undefined);
  return uuid;
}

eachDriver('an upload whose process died before its content was in place is finished again', async (t, driver) => {
  const gated = new GatedDriver(driver);
  const dying = composeCore(gated);
  const uuid = await begin(dying);
  const gate = gated.holdNext(({ call }) => call === 'commit');
  // It never ends, like everything in a process that is gone.
  void finish(dying, { uuid, offset: SENT, rest: BYTES.subarray(SENT) });
  await gate.reached;
  const core = composeCore(driver);
  t.is(await core.blobs.find(REPOSITORY, DIGEST), undefined, 'a link alone is no blob');
  await finish(core, { uuid, offset: SENT, rest: BYTES.subarray(SENT) });
  t.is((await core.layers.stat(REPOSITORY, DIGEST)).size, BYTES.byteLength);
  t.deepEqual(await core.uploads.ids(REPOSITORY), []);
});

eachDriver('an upload whose process died between storing the blob and linking it is finished', async (t, driver) => {
  const uuid = await dieBeforeLink(t, driver);
  const core = composeCore(driver);
  await finish(core, { uuid, offset: SENT, rest: BYTES.subarray(SENT) });
  t.is((await core.layers.stat(REPOSITORY, DIGEST)).size, BYTES.byteLength);
  t.deepEqual(await core.uploads.ids(REPOSITORY), []);
});

eachDriver('after such a death an upload can also start again at the offset of its status', async (t, driver) => {
  const uuid = await dieBeforeLink(t, driver);
  const core = composeCore(driver);
  t.is((await core.layers.status(REPOSITORY, { uuid })).offset, 0);
  await finish(core, { uuid, offset: 0, rest: BYTES });
  t.true(await core.layers.exists(REPOSITORY, DIGEST));
});

for (const [what, rest] of [
  ['other bytes', Buffer.alloc(BYTES.byteLength - SENT)],
  ['fewer bytes', BYTES.subarray(SENT + 1)],
  ['no bytes', BYTES.subarray(0, 0)],
] as const) {
  eachDriver(
    `ending such an upload with ${what} creates no blob, and the client may start again`,
    async (t, driver) => {
      const uuid = await dieBeforeLink(t, driver);
      const core = composeCore(driver);
      const error = await t.throwsAsync(finish(core, { uuid, offset: SENT, rest }), { instanceOf: UploadRangeError });
      t.is(error.state.offset, 0);
      t.false(await core.layers.exists(REPOSITORY, DIGEST));
      await finish(core, { uuid, offset: 0, rest: BYTES });
      t.true(await core.layers.exists(REPOSITORY, DIGEST));
    },
  );
}

eachDriver('a digest alone does not give access to the blob of another repository', async (t, driver) => {
  const core = composeCore(driver);
  await using theirs = await core.layers.upload(OTHER);
  await theirs.append({ body: bodyOf(BYTES) });
  await theirs.finish(DIGEST);
  const empty = await begin(core, BYTES.subarray(0, 0));
  for (const [uuid, offset] of [
    [empty, 0],
    [empty, BYTES.byteLength],
    [createUploadId(), BYTES.byteLength],
  ] as const) {
    await t.throwsAsync(finish(core, { uuid, offset, rest: BYTES.subarray(0, 0) }), { instanceOf: RegistryError });
    t.false(await core.layers.exists(REPOSITORY, DIGEST));
  }
});

eachDriver(
  'an upload can be finished again, with its bytes or without, when the answer was lost',
  async (t, driver) => {
    const core = composeCore(driver);
    const uuid = await begin(core);
    for (const rest of [BYTES.subarray(SENT), BYTES.subarray(SENT), BYTES.subarray(0, 0)]) {
      await finish(core, { uuid, offset: SENT, rest });
      t.is((await core.layers.stat(REPOSITORY, DIGEST)).size, BYTES.byteLength);
    }
  },
);

eachDriver(
  'an upload that has advanced is finished from an old offset when the repository has the blob',
  async (t, driver) => {
    const core = composeCore(driver);
    const first = await begin(core);
    await finish(core, { uuid: first, offset: SENT, rest: BYTES.subarray(SENT) });
    const uuid = await begin(core, BYTES);
    await finish(core, { uuid, offset: SENT, rest: BYTES.subarray(SENT) });
    t.deepEqual(await core.uploads.ids(REPOSITORY), []);
  },
);

eachDriver(
  'a finished upload is unknown when it is ended with the digest of a deleted or unknown blob',
  async (t, driver) => {
    const core = composeCore(driver);
    const uuid = await begin(core, BYTES);
    await finish(core, { uuid, offset: BYTES.byteLength, rest: BYTES.subarray(0, 0) });
    await core.layers.delete(REPOSITORY, DIGEST);
    const error = await t.throwsAsync(
      core.layers.resumeToFinish(REPOSITORY, { uuid, offset: BYTES.byteLength, digest: DIGEST }),
      { instanceOf: RegistryError },
    );
    t.is(error.code, 'BLOB_UPLOAD_UNKNOWN');
  },
);

eachDriver('an upload that another request is writing to is not finished by a second one', async (t, driver) => {
  const core = composeCore(driver);
  const first = await begin(core);
  await finish(core, { uuid: first, offset: SENT, rest: BYTES.subarray(SENT) });
  const uuid = await begin(core);
  await using held = await core.layers.resume(REPOSITORY, { uuid, offset: SENT });
  await t.throwsAsync(finish(core, { uuid, offset: SENT, rest: BYTES.subarray(SENT) }), {
    instanceOf: UploadRangeError,
  });
  await held.append({ body: bodyOf(BYTES.subarray(SENT)) });
  t.is(held.size, BYTES.byteLength);
});
