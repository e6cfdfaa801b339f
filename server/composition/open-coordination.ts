import type { Logger } from '../../core/ports/logger.ts';
import { type Coordination, singleProcess } from '../../plugins/coordination/coordination.ts';
import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';

/** What coordination is opened with. */
export interface CoordinationDependencies {
  /** Without it, instances do not coordinate. */
  readonly redis: RedisSettings | undefined;
  readonly log: Logger;
  /** Closes the connections to Redis. */
  readonly stack: AsyncDisposableStack;
  /** How the workers of this instance coordinate; absent in a single process. */
  readonly local?: Coordination | undefined;
}

/** Coordinates this process with the workers of its instance, and with all instances on the same Redis. */
export async function openCoordination({ redis, log, stack, local }: CoordinationDependencies): Promise<Coordination> {
  if (redis === undefined) return local ?? singleProcess();
  const { openRedisCoordination } = await import('../../plugins/coordination/redis/redis-coordination.ts');
  return stack.use(await openRedisCoordination(redis, { log, local }));
}
