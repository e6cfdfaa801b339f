import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import { Retention, type RetentionOptions } from '../../../../core/jobs/retention.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../../../core/model/media-types.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { type RemovedTag, RepositoryRetention } from '../../../../core/retention/repository-retention.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { descriptorOf, imageIndex, name, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { retentionRule } from '../../../helpers/core/retention-rules.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { TagTimes } from '../../../helpers/drivers/tag-times.ts';

const APP = name('team/app');
const DAY = 24 * 60 * 60 * 1000;
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };
const MANIFEST = { bytes: imageIndex([]), contentType: undefined };
const DIGEST = digestOf(MANIFEST.bytes);
const NEWEST = retentionRule({ name: 'newest', keep: { newest: 1 } });

async function withTags(core: CoreParts, times: TagTimes, ages: Readonly<Record<string, number>>): Promise<void> {
  for (const [tag, days] of Object.entries(ages)) {
    await core.manifests.put(APP, tagged(tag), MANIFEST);
    times.age(tag, days * DAY);
  }
}

function jobOn(
  core: CoreParts,
  options: Partial<RetentionOptions> = {},
  manifests = core.registry.manifests,
): Retention {
  const dependencies = { catalog: core.catalog, load: async () => core.container.get(RepositoryRetention), manifests };
  return new Retention(dependencies, { rules: [NEWEST], isProtected: () => false, ...options });
}

async function tagsOf(t: ExecutionContext, core: CoreParts, expected: readonly string[]): Promise<void> {
  t.deepEqual((await core.tags.list(APP, ALL)).items, expected.map(parseTag));
}

const REPORT = { repositories: 1, tags: 3, removed: 2, changed: 0, protected: 0, failed: 0, removedFrom: { [APP]: 2 } };

eachDriver('a dry run counts the tags that a run removes, and their manifests stay', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2, c: 3 });
  t.deepEqual(await jobOn(core).run(jobRun({ dryRun: true })), REPORT);
  await tagsOf(t, core, ['a', 'b', 'c']);
  t.deepEqual(await jobOn(core).run(jobRun()), REPORT);
  await tagsOf(t, core, ['a']);
  t.true(await core.manifests.exists(APP, { kind: 'digest', digest: DIGEST }));
  t.like(await jobOn(core).run(jobRun()), { tags: 1, removed: 0, removedFrom: {} });
});

eachDriver('a tag that is pushed between the decision and its removal stays', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2, c: 3 });
  const onDecided = (): void => {
    // The push resolves before the removal looks: both take turns on the tag.
    pushed = core.manifests.put(APP, tagged('b'), MANIFEST);
  };
  let pushed: Promise<unknown> | undefined;
  const retention = core.container.get(RepositoryRetention);
  const slow = {
    decide: async (...args: Parameters<typeof retention.decide>) => {
      const decisions = await retention.decide(...args);
      onDecided();
      await pushed;
      return decisions;
    },
    remove: retention.remove.bind(retention),
  };
  const dependencies = { catalog: core.catalog, load: async () => slow, manifests: core.registry.manifests };
  const job = new Retention(dependencies, { rules: [NEWEST], isProtected: () => false });
  t.like(await job.run(jobRun()), { removed: 1, changed: 1 });
  await tagsOf(t, core, ['a', 'b']);
});

eachDriver('a push in the middle of the removal of its tag waits for it, and stays', async (t, driver) => {
  const times = new TagTimes(driver);
  const gated = new GatedDriver(times);
  const core = composeCore(gated);
  await withTags(core, times, { a: 1, b: 2 });
  const gate = gated.holdNext((site) => site.call === 'delete');
  const run = jobOn(core).run(jobRun());
  await gate.reached;
  const push = core.manifests.put(APP, tagged('b'), MANIFEST);
  gate.open();
  await Promise.all([run, push]);
  await tagsOf(t, core, ['a', 'b']);
  t.is((await core.manifests.get(APP, tagged('b'))).digest, DIGEST);
});

eachDriver('an immutable tag stays, also where only the registry knows that it is', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2, c: 3 });
  class Immutable extends ForwardingManifestService {
    override async delete(...[of, reference, context]: Parameters<ForwardingManifestService['delete']>): Promise<void> {
      if (reference.kind === 'tag' && reference.tag === 'b') throw new RegistryError('TAG_IMMUTABLE', { tag: 'b' });
      return super.delete(of, reference, context);
    }
  }
  const options = { isProtected: (_: unknown, tag: string) => tag === 'c' };
  const report = await jobOn(core, options, new Immutable(core.registry.manifests)).run(jobRun());
  t.like(report, { removed: 0, protected: 1, failed: 0 });
  await tagsOf(t, core, ['a', 'b', 'c']);
});

eachDriver('what is removed is deleted in the name of retention, and reported with its rule', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2 });
  const contexts: (CallContext | undefined)[] = [];
  class Heard extends ForwardingManifestService {
    override async delete(...[of, reference, context]: Parameters<ForwardingManifestService['delete']>): Promise<void> {
      contexts.push(context);
      return super.delete(of, reference, context);
    }
  }
  const removed: RemovedTag[] = [];
  const options = { onRemoved: (each: RemovedTag) => void removed.push(each) };
  await jobOn(core, options, new Heard(core.registry.manifests)).run(jobRun());
  t.deepEqual(
    contexts.map((context) => context?.actor),
    [{ name: 'retention', kind: 'job' }],
  );
  t.deepEqual(removed, [{ name: APP, tag: parseTag('b'), digest: DIGEST, rule: 'newest' }]);
});

eachDriver('a run that is stopped resumes after the last repository', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2 });
  const next = name('team/next');
  for (const tag of ['a', 'b']) await core.manifests.put(next, tagged(tag), MANIFEST);
  for (const [tag, days] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    times.age(tag, days * DAY);
  const checkpoint = new MemoryCheckpoint();
  const stopping = new AbortController();
  const seen: string[] = [];
  const options = {
    onDecided: (of: string) => {
      seen.push(of);
      if (of === next) stopping.abort(new Error('stopped'));
    },
  };
  await t.throwsAsync(jobOn(core, options).run(jobRun({ signal: stopping.signal, checkpoint })), {
    message: 'stopped',
  });
  t.like(await jobOn(core, { onDecided: (of) => void seen.push(of) }).run(jobRun({ checkpoint })), {
    repositories: 1,
    removed: 1,
  });
  t.deepEqual(seen, [APP, next, next]);
});

eachDriver('tags of referrers go with their subject', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1 });
  const [of, gone] = [DIGEST, digestOf(Buffer.from('gone'))].map((digest) => digest.replace(':', '-')) as [
    string,
    string,
  ];
  const referrers = [of, `${of}.sig`, gone, `${gone}.sig`];
  await withTags(core, times, Object.fromEntries(referrers.map((tag) => [tag, 3])));
  await withTags(core, times, { [`${gone}.att`]: 0.5 });
  t.like(await jobOn(core).run(jobRun()), { removed: 2 });
  await tagsOf(t, core, [...[of, `${of}.sig`, `${gone}.att`].sort(), 'a'].sort());
});

eachDriver('nothing is removed without rules, or without the audit log that must have it', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2 });
  await t.throwsAsync(jobOn(core, { rules: [] }).run(jobRun()), { name: 'JobUnsupportedError' });
  await t.throwsAsync(jobOn(core, { mayRemove: () => false }).run(jobRun()), { message: /audit log/ });
  await tagsOf(t, core, ['a', 'b']);
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
  const recordPulls = (): Promise<void> => store.add(APP, 'a', new Map([[DIGEST, nowMs]]), { nowMs });
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
    t.is(counted.count('read'), 0);
  },
);
