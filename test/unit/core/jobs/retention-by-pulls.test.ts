import { digestOf } from '../../../../core/digest/digest.ts';
import { Retention } from '../../../../core/jobs/retention.ts';
import { OCI_IMAGE_INDEX } from '../../../../core/model/media-types.ts';
import { RepositoryRetention } from '../../../../core/retention/repository-retention.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { descriptorOf, imageIndex, tagged } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { APP, DAY, DIGEST, jobOn, MANIFEST, tagsOf, withTags } from '../../../helpers/core/retention-job.ts';
import { retentionRule } from '../../../helpers/core/retention-rules.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { TagTimes } from '../../../helpers/drivers/tag-times.ts';

eachDriver('every tag stays that a pull may keep while pulls wait to be recorded', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 99 });
  const nowMs = Date.now();
  await core.container.get(PullStore).putRecording({ sinceMs: nowMs - 8 * DAY, untilMs: nowMs });
  const load = async (): Promise<RepositoryRetention> => core.container.get(RepositoryRetention);
  const rules = [retentionRule({ keep: { pulledWithinMs: 7 * DAY } })];
  const jobWith = (recordPulls: () => Promise<boolean>): Retention => {
    const dependencies = { catalog: core.catalog, load, manifests: core.registry.manifests, recordPulls };
    return new Retention(dependencies, { rules, isProtected: () => false });
  };
  t.like(await jobWith(async () => false).run(jobRun()), { removed: 0, lackingPulls: 1 });
  t.like(await jobWith(async () => true).run(jobRun()), { removed: 1 });
});

eachDriver(
  'tags that were pulled stay, and others only until pulls have been recorded for long enough',
  async (t, driver) => {
    const times = new TagTimes(driver);
    const core = composeCore(times);
    const pulled = { bytes: imageIndex([]), contentType: undefined };
    const child = { bytes: Buffer.concat([MANIFEST.bytes, Buffer.from(' ')]), contentType: undefined };
    const index = { bytes: imageIndex([descriptorOf(child.bytes, OCI_IMAGE_INDEX)]), contentType: undefined };
    const unused = { bytes: Buffer.concat([MANIFEST.bytes, Buffer.from('  ')]), contentType: undefined };
    for (const [tag, manifest] of Object.entries({ pulled, child, index, unused, fresh: unused }))
      await core.manifests.put(APP, tagged(tag), manifest);
    for (const tag of ['pulled', 'child', 'index', 'unused']) times.age(tag, 99 * DAY);
    const store = core.container.get(PullStore);
    const nowMs = Date.now();
    const pullsOf = new Map([pulled, child].map(({ bytes }) => [digestOf(bytes), nowMs - 6 * DAY]));
    await store.add(APP, 'a', pullsOf, { nowMs });
    const rules = [retentionRule({ keep: { pulledWithinMs: 7 * DAY } })];
    t.like(await jobOn(core, { rules }).run(jobRun()), { removed: 0, lackingPulls: 4 });
    await store.putRecording({ sinceMs: nowMs - 6 * DAY, untilMs: nowMs });
    t.like(await jobOn(core, { rules }).run(jobRun()), { removed: 0, lackingPulls: 1 });
    await store.putRecording({ sinceMs: nowMs - 8 * DAY, untilMs: nowMs });
    const report = await jobOn(core, { rules }).run(jobRun());
    t.like(report, { removed: 1 });
    t.false('lackingPulls' in report);
    await tagsOf(t, core, ['child', 'fresh', 'index', 'pulled']);
  },
);

eachDriver('what this process knows of pulls is recorded before tags are judged', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 99 });
  const store = core.container.get(PullStore);
  const nowMs = Date.now();
  await store.putRecording({ sinceMs: nowMs - 8 * DAY, untilMs: nowMs });
  const recordPulls = async (): Promise<boolean> => {
    await store.add(APP, 'a', new Map([[DIGEST, nowMs]]), { nowMs });
    return true;
  };
  const load = async (): Promise<RepositoryRetention> => core.container.get(RepositoryRetention);
  const dependencies = { catalog: core.catalog, load, manifests: core.registry.manifests, recordPulls };
  const rules = [retentionRule({ keep: { pulledWithinMs: 7 * DAY } })];
  t.like(await new Retention(dependencies, { rules, isProtected: () => false }).run(jobRun()), { removed: 0 });
});

eachDriver(
  'a rule with a time since the last pull costs no call for tags that something else keeps',
  async (t, driver) => {
    const times = new TagTimes(driver);
    const counted = new CountingDriver(times);
    const core = composeCore(counted);
    await withTags(core, times, { a: 1, b: 2 });
    const rules = [retentionRule({ keep: { newest: 2, pulledWithinMs: 7 * DAY } })];
    counted.reset();
    t.like(await jobOn(core, { rules }).run(jobRun({ dryRun: true })), { removed: 0 });
    const reads = counted.sites.filter(({ call, path }) => call === 'read' && !path.includes('/_copy/unordered/'));
    t.deepEqual(reads, []);
  },
);
