import type { StorageDriver } from '../../../core/driver/index.ts';
import { CollectionEndedError } from '../../../core/registry/local/collection/sweeper.ts';
import type { CollectionStore } from '../../../core/storage/collection/collection-store.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import type { Step } from './scheduler.ts';
import type { World } from './world.ts';

/** The first process that is not one of the registry. */
const FIRST = 2;
const REVISION_LINK = /\/_manifests\/revisions\/[^/]+\/[^/]+\/link$/;

/** Garbage collections beside the clients of a world. */
export interface Collections {
  /** Called before each step; kills a collection when its time has come. */
  step(): void;
  /** Begins one more. */
  begin(): void;
  /** Whether a collection that was not killed has not ended. */
  readonly isStuck: boolean;
}

/**
 * Begins up to two garbage collections, each in a process of its own, and tells when one has begun to remove something.
 * In half of the seeds, one is killed, and another one may begin. With rivals, one pauses before it removes anything, until
 * another one has ended it, and some pause as they take something from its place.
 */
export function beginCollections(
  world: World,
  { onSweep, onProblem }: { readonly onSweep: () => void; readonly onProblem: (problem: string) => void },
): Collections {
  const { random, scheduler, hasRivals } = world;
  const alive = new Set<number>();
  let next = FIRST;
  // Clients that come earlier have often left by then. Those that come before the first move rely on what it takes.
  let clientsAtMove = random.below(6) - 2;
  let [pausing, taking]: [number | undefined, number | undefined] = [undefined, undefined];
  /** One that is about to remove something pauses until another one has ended it and is about to do the same. */
  const pauseRivals = (process: number): void => {
    if (pausing !== undefined) scheduler.stall(pausing, random.below(40));
    else if (random.chance(0.5)) {
      pausing = process;
      scheduler.stall(process, Number.POSITIVE_INFINITY);
      begin();
    }
  };
  /** One that has taken something from its place pauses until another one has looked for manifests, which then pauses. */
  const pauseAt = ({ process, site }: Step): void => {
    const isOfCollection = alive.has(process);
    const looks = site.call === 'read' && REVISION_LINK.test(site.path);
    if (isOfCollection && site.to?.includes('/aside/') === true && random.chance(0.5)) {
      scheduler.stall(process, random.pick([60, Number.POSITIVE_INFINITY]));
      taking = process;
    } else if (isOfCollection && looks && taking !== undefined && taking !== process && random.chance(0.3)) {
      scheduler.stall(process, random.below(20));
      taking = undefined;
    }
  };
  const onWaited = (process: number): void => {
    if (hasRivals) pauseRivals(process);
    if (clientsAtMove >= 0) return;
    clientsAtMove = Number.POSITIVE_INFINITY;
    onSweep();
  };
  const begin = (): void => {
    const process = next++;
    alive.add(process);
    const ended = collect(world, process, () => onWaited(process)).then(
      () => alive.delete(process),
      (error: unknown) => {
        alive.delete(process);
        // Another collection has begun.
        if (!(error instanceof CollectionEndedError)) onProblem(`a collection failed: ${String(error)}`);
      },
    );
    void ended;
  };
  const count = random.pick(hasRivals ? [1, 1, 2] : [0, 1, 1, 2]);
  for (let left = count; left > 0; left -= 1) begin();
  let killAt = count > 0 && random.chance(0.25) ? 5 + random.below(300) : Number.POSITIVE_INFINITY;
  let killAtMove = count > 0 && random.chance(0.3) ? random.below(8) : Number.POSITIVE_INFINITY;
  return {
    begin,
    step: () => {
      const last = scheduler.steps.at(-1);
      const isMove = last?.site.to?.includes('/aside/') === true;
      if (isMove && clientsAtMove-- === 0) onSweep();
      if (hasRivals && last !== undefined) pauseAt(last);
      const isTime = scheduler.steps.length >= killAt || (isMove && killAtMove-- === 0);
      const victim = [...alive].find((process) => !isMove || process === last.process);
      if (!isTime || victim === undefined) return;
      killAt = Number.POSITIVE_INFINITY;
      scheduler.kill(victim);
      alive.delete(victim);
      if (random.chance(0.5)) begin();
    },
    get isStuck() {
      return alive.size > 0;
    },
  };
}

async function collect(world: World, process: number, onWaited: () => void): Promise<void> {
  const { random, scheduler, storage, history, processes, running, sabotage } = world;
  const core = world.compose(new OldFiles(scheduler.driverOf(process, storage)));
  if (process % 2 === 1) lookOneByOne(core.collections);
  sabotage.core?.(core);
  const deletesUntagged = random.chance(world.hasRivals ? 0.9 : 0.5);
  await collectGarbage(core, {
    deletesUntagged,
    meanwhile: async () => {
      history.collects(deletesUntagged);
      if (sabotage.collectsAtOnce === true) return;
      // The grace is longer than any request takes, and longer than a process may not know the collection.
      for (const each of processes) each.blobs.collections.expire();
      await Promise.allSettled([...running]);
      onWaited();
    },
  });
}

/**
 * Looks for each mark by itself, as a collection does that has many. It takes more steps, so clients do more between the
 * look and what follows.
 */
export function lookOneByOne(collections: CollectionStore): void {
  const keptAmong: CollectionStore['keptAmong'] = async (id, digests) => {
    const kept = await Promise.all(digests.map((digest) => collections.isKept(id, digest)));
    return new Set(digests.filter((_digest, index) => kept[index]));
  };
  Object.assign(collections, { keptAmong });
}

/** What the next collection does first, after one was killed. */
export async function putBackAll(storage: StorageDriver): Promise<void> {
  const { collector } = composeCore(storage);
  await collector.endOthers(undefined, { signal: new AbortController().signal, onStep: () => undefined });
}
