import { digestOf, hexOf } from '../../../core/digest/digest.ts';
import { RepositoryRetention } from '../../../core/retention/repository-retention.ts';
import { retentionRule } from '../../helpers/core/retention-rules.ts';
import { scrubbed } from '../../helpers/core/scrub-parts.ts';
import { BadCable } from './bad-cable.ts';
import { pushTags } from './clients.ts';
import { describe } from './describe.ts';
import { MANIFESTS, REPOSITORIES, type World } from './world.ts';

/** The first process that scrubs. */
const FIRST = 10;
const RULES = [retentionRule({ keep: { newest: 1 } })];

/** Operators beside the clients of a world. */
export interface Operators {
  /** Called before each step; kills a scrub when its time has come. */
  step(): void;
  /** How many have not ended and were not killed. */
  readonly running: number;
}

/** The quarantine of the manifest that alone needs a blob. */
const VICTIM = `/_quarantine/sha256/${hexOf(digestOf(MANIFESTS[1].bytes))}`;

/**
 * Begins up to three removals of tags by rules in the processes of the registry, and perhaps scrubs in others. Many
 * are killed when they have moved something.
 */
export function beginOperators(
  world: World,
  { onKilled, onProblem }: { readonly onKilled: () => void; readonly onProblem: (problem: string) => void },
): Operators {
  const { random, scheduler, hasScrubs } = world;
  const running = new Set<number>();
  const begin = (id: number, operation: Promise<void>): void => {
    running.add(id);
    void operation
      .catch((error: unknown) => onProblem(`an operator got ${describe(error)}`))
      .finally(() => running.delete(id));
  };
  for (let left = random.below(4); left > 0; left -= 1) begin(-left, retain(world));
  const scrubs = hasScrubs ? random.pick([1, 1, 2]) : 0;
  for (let process = FIRST; process < FIRST + scrubs; process += 1) begin(process, scrub(world, process));
  let isToBeKilled = scrubs > 0 && random.chance(0.7);
  const kills = random.chance(0.5) ? VICTIM : '/_quarantine/';
  return {
    step: () => {
      const last = scheduler.steps.at(-1);
      if (!isToBeKilled || last?.process !== FIRST || last.site.to?.includes(kills) !== true) return;
      isToBeKilled = false;
      scheduler.kill(FIRST);
      running.delete(FIRST);
      onKilled();
    },
    get running() {
      return running.size;
    },
  };
}

async function retain(world: World): Promise<void> {
  const { random, history, processes } = world;
  const process = random.below(processes.length);
  const parts = processes[process];
  if (parts === undefined) throw new Error(`there is no process ${process}`);
  const retention = parts.container.get(RepositoryRetention);
  const { signal } = new AbortController();
  const steps = { signal, onStep: () => undefined };
  const letOthersWork = async (most: number): Promise<void> => {
    for (let calls = random.below(most); calls > 0; calls -= 1)
      await parts.tagStore.list(REPOSITORIES[0], { limit: 1 });
  };
  await letOthersWork(100);
  for (const repository of [...REPOSITORIES, ...REPOSITORIES]) {
    const policy = { rules: RULES, isProtected: () => false };
    const going = (await retention.decide(repository, policy, steps)).filter(({ stays }) => !stays);
    const tags = going.map(({ facts: { tag } }) => tag);
    await history.during({ kind: 'retire', repository, process, tags }, async () => {
      await letOthersWork(30);
      if (tags.length > 0 && random.chance(0.5)) await pushTags(world, process, { repository, tags });
      await retention.remove(repository, going, { manifests: parts.manifests, ...steps });
    });
  }
}

async function scrub({ random, scheduler, storage, compose, sabotage }: World, process: number): Promise<void> {
  const core = compose(new BadCable(scheduler.driverOf(process, storage), random));
  sabotage.core?.(core);
  await scrubbed(core);
}
