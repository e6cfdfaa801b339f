import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError } from '../../../../core/driver/index.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import { Retention } from '../../../../core/jobs/retention.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../../../core/model/media-types.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { type RemovedTag, RepositoryRetention } from '../../../../core/retention/repository-retention.ts';
import { json, name, tagged } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { APP, DAY, DIGEST, jobOn, MANIFEST, NEWEST, tagsOf, withTags } from '../../../helpers/core/retention-job.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { TagTimes } from '../../../helpers/drivers/tag-times.ts';

const SIGNED = json({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests: [], annotations: { signed: 'yes' } });

/** A storage in which some files belong to another user. */
class DeniedCalls extends DriverWrapper {
  isDenied: (site: CallSite) => boolean = () => false;

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (this.isDenied(site)) throw new DriverError('denied', { path: site.path });
    return action();
  }
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

eachDriver(
  'signatures in another repository than their subject stay until the storage has no such image',
  async (t, driver) => {
    const times = new TagTimes(driver);
    const core = composeCore(times);
    const signed = name('team/signed');
    await core.manifests.put(signed, tagged('v1'), { bytes: SIGNED, contentType: undefined });
    const signature = `${digestOf(SIGNED).replace(':', '-')}.sig`;
    await withTags(core, times, { [signature]: 3, test: 3 });
    t.like(await jobOn(core).run(jobRun()), { removed: 0 });
    await tagsOf(t, core, [signature, 'test']);
    await driver.delete(core.paths.blobData(digestOf(SIGNED)));
    t.like(await jobOn(core).run(jobRun()), { removed: 1 });
    await tagsOf(t, core, ['test']);
  },
);

eachDriver('a repository for signatures alone keeps those of images in another registry', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  const elsewhere = `${digestOf(Buffer.from('elsewhere')).replace(':', '-')}.sig`;
  await withTags(core, times, { [elsewhere]: 99 });
  t.like(await jobOn(core).run(jobRun()), { removed: 0 });
  await tagsOf(t, core, [elsewhere]);
});

eachDriver('what belongs to another user stays, and the run gets to the repositories after it', async (t, driver) => {
  const times = new TagTimes(driver);
  const denied = new DeniedCalls(times);
  const core = composeCore(denied);
  const [before, after] = [name('team/aaa'), name('team/zzz')];
  for (const repository of [before, after])
    for (const tag of ['a', 'b']) await core.manifests.put(repository, tagged(tag), MANIFEST);
  await withTags(core, times, { a: 1, b: 2, c: 3 });
  denied.isDenied = ({ call, path }) =>
    call === 'delete' ? path.includes('/tags/c') : call === 'list' && path.endsWith('/aaa/_manifests/tags');
  const report = await jobOn(core).run(jobRun());
  t.like(report, { repositories: 2, removed: 2, failed: 1, unreadable: 1, removedFrom: { [APP]: 1, [after]: 1 } });
  await tagsOf(t, core, ['a', 'c']);
});

eachDriver('nothing is removed without rules, or without the audit log that must have it', async (t, driver) => {
  const times = new TagTimes(driver);
  const core = composeCore(times);
  await withTags(core, times, { a: 1, b: 2 });
  await t.throwsAsync(jobOn(core, { rules: [] }).run(jobRun()), { name: 'JobUnsupportedError' });
  await t.throwsAsync(jobOn(core, { mayRemove: () => false }).run(jobRun()), { message: /audit log/ });
  await tagsOf(t, core, ['a', 'b']);
});
