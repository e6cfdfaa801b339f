import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { parseTag, type Tag } from '../../../core/model/reference.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, tagged } from '../../helpers/content/registry-content.ts';
import { composeCoreWithHistory } from '../../helpers/core/core-parts.ts';
import {
  APP,
  Clock,
  CONFIG,
  digestAt,
  type HistoryCore,
  HOUR_MS,
  ONE,
  openHistory,
  pruneHistory,
  THREE,
  TWO,
} from '../../helpers/core/history-parts.ts';
import { emptied, openFilesystem } from '../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../helpers/drivers/fault-injector.ts';
import { holds } from './property.ts';

const TAGS = ['v1', 'latest'].map(parseTag);
const IMAGES = [ONE, TWO, THREE];
/** More than the longest operation takes. */
const MAX_CALLS = 30;

const act = fc.record({
  what: fc.constantFrom('push', 'push', 'push', 'push both', 'delete tag', 'delete manifest'),
  tag: fc.constantFrom(...TAGS),
  image: fc.constantFrom(...IMAGES),
  /** Which of two processes does it. */
  process: fc.constantFrom(0, 1),
  /** Which call of the storage fails, and whether after it had its effect. */
  fault: fc.option(fc.record({ index: fc.nat(MAX_CALLS), fault: fc.constantFrom('before', 'after', 'dead') }), {
    freq: 2,
  }),
});

type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

async function perform({ manifests }: HistoryCore, { what, tag, image }: Act): Promise<void> {
  if (what === 'push') await manifests.put(APP, tagged(tag), image);
  if (what === 'push both') await manifests.put(APP, tagged('v1'), { ...image, tags: [parseTag('latest')] });
  if (what === 'delete tag') await manifests.delete(APP, tagged(tag));
  if (what === 'delete manifest') await manifests.delete(APP, { kind: 'digest', digest: digestOf(image.bytes) });
}

type Truth = ReadonlyMap<Tag, string>;

async function truthOf({ tagStore }: HistoryCore): Promise<Truth> {
  const found = await Promise.all(
    TAGS.map(async (tag): Promise<[Tag, string]> => [tag, (await tagStore.get(APP, tag)) ?? 'absent']),
  );
  return new Map(found);
}

interface World {
  readonly cores: readonly [HistoryCore, HistoryCore];
  readonly driver: FaultInjector;
  readonly clock: Clock;
  /** What the tags were after each hour. */
  readonly truths: Truth[];
}

async function opened(storage: StorageDriver): Promise<World> {
  const [driver, clock] = [new FaultInjector(storage), new Clock()];
  const first = await openHistory(driver, clock);
  return { cores: [first, composeCoreWithHistory(driver, { now: clock.now })], driver, clock, truths: [] };
}

/** Does one thing each hour, and notes what came of it. */
async function live({ cores, driver, clock, truths }: World, acts: readonly Act[]): Promise<void> {
  for (const each of acts) {
    clock.hours = truths.length;
    if (each.fault !== null) driver.plan({ ...each.fault, fault: each.fault.fault });
    await perform(cores[each.process], each).catch(() => undefined);
    driver.heal();
    truths.push(await truthOf(cores[0]));
  }
}

/**
 * At every time since the first record, the history says what the tag was.
 * @param mayBeUnclear whether it may say after an hour that it does not know
 */
async function saysTheTruth(
  { cores: [core], truths }: World,
  sinceHours = 0,
  mayBeUnclear: (hours: number) => boolean = () => false,
): Promise<void> {
  for (const tag of TAGS) {
    for (const [hours, truth] of truths.entries()) {
      if (hours < sinceHours) continue;
      const said = await digestAt(core, hours + 0.5, tag);
      const expected = truth.get(tag);
      const isSilent = (said === 'unrecorded' || said === 'before') && expected === 'absent';
      if (said === 'unclear' && mayBeUnclear(hours)) continue;
      if (!isSilent) assert.equal(said, expected, `${tag} after hour ${hours}`);
    }
  }
}

/** Moves both tags to an image that nothing else moves them to. */
function quietMove(round: number): Act {
  const annotations = { round: String(round) };
  const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [], annotations });
  return { what: 'push both', tag: 'v1' as Tag, image: { bytes, contentType: undefined }, process: 0, fault: null };
}

const STORAGES = [
  { name: 'inmemory', open: async () => new MemoryDriver(), runs: 300 },
  { name: 'filesystem', open: openFilesystem, runs: 15 },
] as const;

for (const { name, open, runs } of STORAGES) {
  holds(`a history on ${name} says what a tag was at any time, whatever calls of the storage fail`, runs, async (t) => {
    const storage = await open(t);
    return fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
      const world = await opened(storage);
      await live(world, acts);
      await saysTheTruth(world);
      await emptied(storage);
    });
  });
}

holds('what is pruned is forgotten, and nothing else', 200, () =>
  fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.integer({ min: 1, max: 25 }), async (acts, keepHours) => {
    const world = await opened(new MemoryDriver());
    await live(world, acts);
    await pruneHistory(world.cores[0], world.clock, { keepMs: keepHours * HOUR_MS });
    await saysTheTruth(world, world.clock.hours - keepHours);
  }),
);

holds(
  'a history never says anything wrong after pushes and deletes by two processes at once, nor of the time before',
  200,
  () =>
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 2, maxLength: 4 }), { maxLength: 8 }),
      fc.scheduler(),
      async (rounds, scheduler) => {
        const world = await opened(new MemoryDriver());
        for (const [round, acts] of rounds.entries()) {
          // Before and after it, the tags are moved by one process alone.
          await live(world, [quietMove(round)]);
          world.clock.hours = world.truths.length;
          const running = acts.map((each) =>
            scheduler
              .schedule(Promise.resolve())
              .then(() => perform(world.cores[each.process], each))
              .catch(() => undefined),
          );
          await scheduler.waitFor(Promise.all(running));
          world.truths.push(await truthOf(world.cores[0]));
        }
        await live(world, [quietMove(rounds.length)]);
        await saysTheTruth(world, 0, (hours) => hours % 2 === 1);
      },
    ),
);
