import type { StorageDriver } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Configuration } from '../config/index.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { checkersOf } from './checkers.ts';
import { startDebugServer } from './debug-server.ts';
import { HealthChecks } from './health-checks.ts';
import { Readiness } from './readiness.ts';
import { StorageProbe } from './storage-probe.ts';

/** What the health checks of a registry need. */
export interface HealthDependencies {
  readonly driver: StorageDriver;
  readonly log: Logger;
  /** Whether the registry accepts no changes now; then a storage that accepts none is no problem. */
  readonly isReadOnly: () => boolean;
  /** What the debug server shows in addition. */
  readonly metrics: Metrics | undefined;
  /** Ends the checks and the debug server. */
  readonly stack: AsyncDisposableStack;
}

/**
 * Starts the configured checks and, where it is configured, the debug server.
 * @throws ListenError when the debug server cannot listen at its address
 */
export async function startHealth(
  { health, http, storage }: Configuration,
  { driver, log, isReadOnly, metrics, stack }: HealthDependencies,
): Promise<Readiness> {
  // A failing check rejects all requests, even pulls, which a full disk does not prevent.
  const probe = new StorageProbe(driver, { log });
  const checkers = checkersOf(health, { probe, driverName: storage.driver.name });
  const checks = stack.use(new HealthChecks(checkers, log));
  if (http.debugAddress !== undefined) {
    const pages = { problems: () => checks.problems, metrics };
    const { port } = stack.use(await startDebugServer(http.debugAddress, pages));
    log.info({ port }, 'the debug server is listening');
  }
  return new Readiness(new StorageProbe(driver, { log, isWritten: () => !isReadOnly() }), checks);
}
