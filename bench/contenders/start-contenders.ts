import type { Contender, Missing } from './contender.ts';
import { DISTRIBUTION, DOCKER_REGISTRY, startDistribution, startDockerRegistry } from './distribution.ts';
import { startNginx } from './nginx.ts';
import { startStowage } from './stowage.ts';

/** All contenders that can be started, by the names that `--contenders` accepts. */
const STARTS: Readonly<
  Record<string, (folder: string) => Promise<Contender> | Promise<Contender | Missing> | Missing>
> = {
  'stowage-1': (folder) => startStowage(folder, 1),
  'stowage-auto': (folder) => startStowage(folder, 'auto'),
  [DISTRIBUTION]: startDistribution,
  [DOCKER_REGISTRY]: startDockerRegistry,
  nginx: startNginx,
};

/** The running contenders, in the order of the tables, and the missing ones. */
export interface Started {
  readonly contenders: readonly Contender[];
  readonly missing: readonly Missing[];
}

/**
 * Starts the requested contenders that are installed.
 * @param wanted a name is wanted if it contains one of these words; without words, all names are
 * @param stack stops them
 */
export async function startContenders(
  folder: string,
  wanted: readonly string[],
  stack: AsyncDisposableStack,
): Promise<Started> {
  const contenders: Contender[] = [];
  const missing: Missing[] = [];
  for (const [name, start] of Object.entries(STARTS)) {
    const isWanted = wanted.length === 0 || wanted.some((word) => name.includes(word));
    const found = isWanted ? await start(folder) : { name, reason: 'left out by --contenders' };
    if ('reason' in found) missing.push(found);
    else contenders.push(stack.adopt(found, (contender) => contender.stop()));
  }
  return { contenders, missing };
}
