import test from 'ava';
import { DriverError, type StorageDriver } from '../../../../core/driver/index.ts';
import { parseTag, type RepositoryName } from '../../../../core/model/reference.ts';
import { RepositoryRetention } from '../../../../core/retention/repository-retention.ts';
import { TagStore } from '../../../../core/storage/tag-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { copied } from '../../../helpers/core/copy-parts.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { changeNow } from '../../../helpers/core/repository-parts.ts';
import { retentionRule } from '../../../helpers/core/retention-rules.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { until } from '../../../helpers/running/until.ts';
import { pushImage, REPOSITORY, text } from './pushed-image.ts';

const ALL = ['v1', 'v2', 'v3', 'v4'];

/** The tags that a rule for the newest two keeps. */
async function staying(core: CoreParts, repository: RepositoryName = REPOSITORY): Promise<readonly string[]> {
  const policy = { rules: [retentionRule({ keep: { newest: 2 } })], isProtected: () => false };
  const options = { signal: new AbortController().signal, onStep: () => undefined };
  const decided = await core.container.get(RepositoryRetention).decide(repository, policy, options);
  return decided.flatMap(({ stays, facts: { tag } }) => (stays ? [tag] : []));
}

/** Pushes tags so that each has a later time than everything before it. */
async function pushLater(core: CoreParts, tags: readonly string[]): Promise<void> {
  const at = async (tag: string): Promise<number> =>
    (await core.container.get(TagStore).setAt(REPOSITORY, parseTag(tag)))?.getTime() ?? 0;
  for (const tag of tags) {
    const before = Date.now();
    await until(`${tag} is newer`, async () => {
      await pushImage(core, tag, text(tag));
      return (await at(tag)) > before;
    });
  }
}

async function filled(tags: readonly string[]): Promise<MemoryDriver> {
  const source = new MemoryDriver();
  await pushLater(composeCore(source), tags);
  return source;
}

/** The records about the order of tags. */
async function records(driver: StorageDriver): Promise<readonly string[]> {
  return [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/_copy/'));
}

/** Does something before the link of a tag is first written. */
class BeforeTag extends DriverWrapper {
  readonly #path: string;
  #action: (() => Promise<void>) | undefined;

  constructor(inner: StorageDriver, tag: string, action: () => Promise<void>) {
    super(inner);
    this.#path = composeCore(inner).paths.tagCurrentLink(REPOSITORY, parseTag(tag));
    this.#action = action;
  }

  protected override async around<Result>({ call, path }: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (call === 'write' && path === this.#path) {
      const first = this.#action;
      this.#action = undefined;
      await first?.();
    }
    return action();
  }
}

test('retention keeps a tag that was pushed to a target in use before older ones were copied beside it', async (t) => {
  const [source, target] = [await filled(['v1', 'v2', 'v3']), new MemoryDriver()];
  const core = composeCore(target);
  await pushImage(core, 'v4', text('newest'));
  await copied({ source, target }, { onlyMissing: true });
  t.deepEqual(await staying(core), ALL);
  await pushLater(core, ['v5', 'v6']);
  t.deepEqual(await staying(core), ['v5', 'v6']);
});

const PUSHES = [
  { what: 'a new tag', tag: 'v4' },
  { what: 'a tag that was copied, once more to the same manifest', tag: 'v1' },
  { what: 'a tag that is still to be copied', tag: 'v3' },
];

for (const { what, tag } of PUSHES)
  test(`retention keeps ${what}, pushed while its repository got its first tags`, async (t) => {
    const [source, target] = [await filled(['v1', 'v2', 'v3']), new MemoryDriver()];
    const core = composeCore(target);
    const pushed = new BeforeTag(target, 'v2', () => pushLater(core, [tag]));
    await copied({ source, target: pushed }, { onlyMissing: true });
    await copied({ source, target }, { onlyMissing: true });
    t.deepEqual(await staying(core), [...new Set(['v1', 'v2', 'v3', tag])]);
  });

test('a copy into an empty target leaves the order of its tags as it was, also in a second pass', async (t) => {
  const [source, target] = [await filled(['v3', 'v2', 'v1']), new MemoryDriver()];
  for (let pass = 0; pass < 2; pass += 1) await copied({ source, target }, { onlyMissing: true });
  t.deepEqual(await records(target), []);
  t.deepEqual(await staying(composeCore(target)), ['v1', 'v2']);
});

test('a dry run records nothing of the order of tags', async (t) => {
  const [source, target] = [await filled(['v1']), new MemoryDriver()];
  await copied({ source, target }, { onlyMissing: true, dryRun: true });
  t.deepEqual(await records(target), []);
});

test('retention keeps everything of a repository whose copy was killed, until the next pass has ended', async (t) => {
  const [source, target] = [await filled(['v1', 'v2', 'v3']), new MemoryDriver()];
  const core = composeCore(target);
  const killed = new BeforeTag(target, 'v3', async () => {
    await pushLater(core, ['v4']);
    throw new DriverError('unavailable', {});
  });
  await t.throwsAsync(copied({ source, target: killed }, { onlyMissing: true }), { instanceOf: DriverError });
  t.is(await core.tagStore.unordered.untilMs(REPOSITORY), Number.POSITIVE_INFINITY);
  t.deepEqual(await staying(core), ['v1', 'v2', 'v4']);
  await copied({ source, target }, { onlyMissing: true });
  t.deepEqual(await staying(core), ALL);
  await pushLater(core, ['v5', 'v6']);
  t.deepEqual(await staying(core), ['v5', 'v6']);
});

test('a repository without an order of tags has none under a new name, and its old name is forgotten', async (t) => {
  const [source, target] = [await filled(['v1', 'v2', 'v3']), new MemoryDriver()];
  const core = composeCore(target);
  await pushLater(core, ['v4']);
  await copied({ source, target }, { onlyMissing: true });
  const renamed = name('team/api');
  await changeNow(core, { action: 'rename', name: REPOSITORY, target: renamed });
  t.deepEqual(await staying(core, renamed), ALL);
  t.deepEqual(await records(target), [core.paths.copies.unordered(renamed)]);
  await changeNow(core, { action: 'delete', name: renamed });
  t.deepEqual(await records(target), []);
});

test('a copy of a storage with tags without an order has none either, and later tags have one', async (t) => {
  const [source, target, third] = [await filled(['v1', 'v2', 'v3']), new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(target);
  await pushLater(core, ['v4']);
  await copied({ source, target }, { onlyMissing: true });
  await copied({ source: target, target: third });
  t.deepEqual(await staying(composeCore(third)), ALL);
  await pushLater(core, ['v5', 'v6']);
  await copied({ source: target, target: third });
  t.deepEqual(await staying(composeCore(third)), ['v5', 'v6']);
});
