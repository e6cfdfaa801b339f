import type { StorageDriver } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Configuration } from '../config/index.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { checkersOf } from './checkers.ts';
import { startDebugServer } from './debug-server.ts';
import { HealthChecks } from './health-checks.ts';
import { Readiness } from './readiness.ts';
import { StorageProbe } from './storage-probe.ts';

/** What watching over the health of a registry needs. */
export interface HealthDependencies {
  readonly driver: StorageDriver;
  readonly log: Logger;
  /** Whether the registry takes no changes now: then nobody misses a storage that takes none. */
  readonly isReadOnly: () => boolean;
  /** What the debug server shows besides. */
  readonly metrics: Metrics | undefined;
  /** Ends the checks and the debug server. */
  readonly stack: AsyncDisposableStack;
}

/**
 * Starts the configured checks and, where it is asked for, the debug server.
 * @throws when the debug server cannot listen at its address
 */
export async function startHealth(
  { health, http, storage }: Configuration,
  { driver, log, isReadOnly, metrics, stack }: HealthDependencies,
): Promise<Readiness> {
  // A failing check ends all requests, and so pulls: a disk that is full is no reason.
  const probe = new StorageProbe(driver, { log });
  const checkers = checkersOf(health, { probe, driverName: storage.driver.name });
  const checks = stack.use(new HealthChecks(checkers, log));
  if (http.debugAddress !== undefined) {
    const pages = { problems: () => checks.problems, metrics };
    const { port } = stack.use(await startDebugServer(http.debugAddress, pages));
    log.info({ port }, 'the debug server listens');
  }
  return new Readiness(new StorageProbe(driver, { log, isWritten: () => !isReadOnly() }), checks);
}
