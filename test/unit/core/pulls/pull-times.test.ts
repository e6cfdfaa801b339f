import { digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { PullTimes } from '../../../../core/pulls/pull-times.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { descriptorOf, imageIndex, name, reference, tagged } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { image, pushImage } from '../../../helpers/core/repository-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

const APP = name('team/app');
const HOUR = 3_600_000;
const NOON = Date.parse('2026-03-01T12:00:00Z');

eachDriver('a pull of a manifest counts for every index that lists it, however deep', async (t, driver) => {
  const core = composeCore(driver);
  const [store, times] = [core.container.get(PullStore), core.container.get(PullTimes)];
  const child = await pushImage(core, APP, { tag: 'child', layer: 'one' });
  const other = await pushImage(core, APP, { tag: 'other', layer: 'two' });
  const inner = imageIndex([descriptorOf(child, OCI_IMAGE_MANIFEST)]);
  await core.manifests.put(APP, reference(digestOf(inner)), { bytes: inner, contentType: undefined });
  const outer = imageIndex([descriptorOf(inner, OCI_IMAGE_INDEX), descriptorOf(other, OCI_IMAGE_MANIFEST)]);
  await core.manifests.put(APP, tagged('v1'), { bytes: outer, contentType: undefined });
  const all = new Map([
    [digestOf(child), NOON],
    [digestOf(outer), NOON - 5 * HOUR],
  ]);
  await store.add(APP, 'a', all, { nowMs: NOON });
  await store.putRecording({ sinceMs: NOON, untilMs: NOON });
  const pulls = await times.read(APP, NOON);
  const last = async (bytes: Buffer): Promise<number | undefined> => pulls?.last(digestOf(bytes), NOON);
  t.deepEqual(await Promise.all([child, inner, outer, other].map(last)), [
    NOON + HOUR,
    NOON + HOUR,
    NOON + HOUR,
    undefined,
  ]);
  t.is(await last(image(Buffer.from('unknown'))), undefined);
  t.is(pulls?.recordedSinceMs, NOON);
});

eachDriver(
  'nothing is known of pulls where they are not recorded any more, or a record is damaged',
  async (t, driver) => {
    const core = composeCore(driver);
    const [store, times] = [core.container.get(PullStore), core.container.get(PullTimes)];
    await pushImage(core, APP, { tag: 'v1', layer: 'one' });
    t.is(await times.read(APP, NOON), undefined);
    await store.putRecording({ sinceMs: NOON, untilMs: NOON });
    t.not(await times.read(APP, NOON + 24 * HOUR), undefined);
    t.is(await times.read(APP, NOON + 24 * HOUR + 1), undefined);
    await store.add(APP, 'a', new Map(), { nowMs: NOON });
    t.not(await times.read(APP, NOON), undefined);
    await driver.write(core.paths.pulls.file(APP, '2026-03-01-a'), Buffer.from('x'));
    t.is(await times.read(APP, NOON), undefined);
  },
);
