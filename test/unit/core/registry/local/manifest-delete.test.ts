import { digestOf } from '../../../../../core/digest/digest.ts';
import { DriverError } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { parseTag, type Reference } from '../../../../../core/model/reference.ts';
import { json, name, reference, tagged } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';

const REPOSITORY = name('foo/bar');
const OTHER = name('foo');
const manifest = (text: string) => ({ bytes: json({ schemaVersion: 2, manifests: [], text }), contentType: undefined });
const OLD = manifest('old');
const NEW = manifest('new');
const digest = ({ bytes }: { bytes: Buffer }): Reference => reference(digestOf(bytes));

eachDriver('deleting a tag leaves the manifest and the other tags', async (t, driver) => {
  const { manifests, tags } = composeCore(driver);
  for (const tag of ['a', 'b']) await manifests.put(REPOSITORY, tagged(tag), OLD);
  await manifests.delete(REPOSITORY, tagged('a'));
  t.false(await manifests.exists(REPOSITORY, tagged('a')));
  t.true(await manifests.exists(REPOSITORY, tagged('b')));
  t.true(await manifests.exists(REPOSITORY, digest(OLD)));
  t.deepEqual([...(await tags.list(REPOSITORY, { limit: 10, after: undefined })).items].map(String), ['b']);
  await t.throwsAsync(manifests.delete(REPOSITORY, tagged('a')), {
    instanceOf: RegistryError,
    message: /MANIFEST_UNKNOWN/,
  });
});

eachDriver('deleting by digest removes the tags that point at it and no others', async (t, driver) => {
  const { manifests } = composeCore(driver);
  for (const tag of ['a', 'b', 'c']) await manifests.put(REPOSITORY, tagged(tag), OLD);
  await manifests.put(REPOSITORY, tagged('b'), NEW);
  await manifests.put(OTHER, tagged('a'), OLD);
  await manifests.delete(REPOSITORY, digest(OLD));
  for (const gone of [tagged('a'), tagged('c'), digest(OLD)]) {
    t.false(await manifests.exists(REPOSITORY, gone));
    await t.throwsAsync(manifests.get(REPOSITORY, gone), { instanceOf: RegistryError, message: /MANIFEST_UNKNOWN/ });
  }
  t.deepEqual((await manifests.get(REPOSITORY, tagged('b'))).bytes, NEW.bytes);
  t.deepEqual((await manifests.get(OTHER, tagged('a'))).bytes, OLD.bytes);
});

eachDriver('a deleted manifest can be put again', async (t, driver) => {
  const { manifests } = composeCore(driver);
  await manifests.put(REPOSITORY, tagged('a'), OLD);
  await manifests.delete(REPOSITORY, digest(OLD));
  await manifests.put(REPOSITORY, tagged('a'), OLD);
  t.deepEqual((await manifests.get(REPOSITORY, tagged('a'))).bytes, OLD.bytes);
});

for (const moment of ['before', 'after'] as const) {
  eachDriver(
    `whichever call of a put fails ${moment} its effect, no tag points at a missing manifest`,
    async (t, driver) => {
      const failing = new FaultInjector(driver);
      let calls = 0;
      for (; ; calls += 1) {
        const pushed = { ...manifest(`${moment} ${calls}`), tags: [parseTag('other')] };
        const parts = composeCore(failing);
        failing.failAt(calls, moment);
        const [outcome] = await Promise.allSettled([parts.manifests.put(REPOSITORY, tagged('latest'), pushed)]);
        if (failing.isPending) break;
        t.true(outcome.status === 'rejected' && DriverError.is(outcome.reason, 'unavailable'), `call ${calls}`);
        await everyTagCanBeGot(t, [parts, composeCore(driver)]);
        await parts.manifests.put(REPOSITORY, tagged('latest'), pushed);
        t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, tagged('latest'))).bytes, pushed.bytes);
      }
      t.true(calls >= 7, `${calls} calls`);
    },
  );

  eachDriver(
    `whichever call of a delete fails ${moment} its effect, no tag points at a missing manifest`,
    async (t, driver) => {
      const failing = new FaultInjector(driver);
      let calls = 0;
      for (; ; calls += 1) {
        const parts = composeCore(failing);
        for (const tag of ['a', 'b']) await parts.manifests.put(REPOSITORY, tagged(tag), OLD);
        await parts.manifests.put(REPOSITORY, tagged('c'), NEW);
        failing.failAt(calls, moment);
        const [outcome] = await Promise.allSettled([parts.manifests.delete(REPOSITORY, digest(OLD))]);
        if (failing.isPending) break;
        t.is(outcome.status, 'rejected', `call ${calls}`);
        await everyTagCanBeGot(t, [parts, composeCore(driver)]);
        if (await parts.manifests.exists(REPOSITORY, digest(OLD)))
          await parts.manifests.delete(REPOSITORY, digest(OLD));
        t.false(await composeCore(driver).manifests.exists(REPOSITORY, tagged('a')));
      }
      t.true(calls >= 6, `${calls} calls`);
    },
  );
}

async function everyTagCanBeGot(
  t: { notThrowsAsync(action: Promise<unknown>, message?: string): Promise<unknown> },
  processes: readonly CoreParts[],
): Promise<void> {
  for (const { tagStore, manifests } of processes) {
    for (const tag of await tagStore.list(REPOSITORY, { limit: 10 })) {
      await t.notThrowsAsync(manifests.get(REPOSITORY, tagged(tag)), `tag ${tag}`);
    }
  }
}
