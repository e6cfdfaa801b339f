import type { HealthChecks, Problems } from './health-checks.ts';
import type { StorageProbe } from './storage-probe.ts';

/** Whether this instance should get requests. */
export class Readiness {
  readonly #probe: StorageProbe;
  readonly #checks: HealthChecks;
  #isDraining = false;

  constructor(probe: StorageProbe, checks: HealthChecks) {
    this.#probe = probe;
    this.#checks = checks;
  }

  /** The configured checks that fail; as long as there are any, no request is served. */
  get failingChecks(): Problems | undefined {
    return this.#checks.problems;
  }

  /** From now on this instance is not ready: it is about to end. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Why this instance should get no requests; `undefined` when it should. It never waits long, even for a storage that hangs. */
  async problems(): Promise<Problems | undefined> {
    const checks = this.#checks.problems;
    // The answer is known, and a storage in trouble must not delay it.
    if (this.#isDraining) return { draining: 'this instance is about to stop', ...checks };
    const storage = await this.#probe.check();
    return storage === undefined ? checks : { storage, ...checks };
  }
}
