import type { HealthChecks, Problems } from './health-checks.ts';
import type { StorageProbe } from './storage-probe.ts';

/** Says, now or soon, what is wrong with something; `undefined` when nothing is. */
type Look = () => string | undefined | Promise<string | undefined>;

/** Whether this instance should get requests. */
export class Readiness {
  readonly #probe: StorageProbe;
  readonly #checks: HealthChecks;
  readonly #watched = new Map<string, Look>();
  #isDraining = false;

  constructor(probe: StorageProbe, checks: HealthChecks) {
    this.#probe = probe;
    this.#checks = checks;
  }

  /** The configured checks that fail; while there are any, no request is served. */
  get failingChecks(): Problems | undefined {
    return this.#checks.problems;
  }

  /** Adds a probe that is asked whenever readiness is checked. */
  watch(name: string, look: Look): void {
    this.#watched.set(name, look);
  }

  /** Marks this instance as not ready, because it is about to stop. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Why this instance should get no requests; `undefined` when it should. Never waits long, even if the storage hangs. */
  async problems(): Promise<Problems | undefined> {
    const checks = this.#checks.problems;
    // The answer is known, and a failing storage must not delay it.
    if (this.#isDraining) return { draining: 'this instance is about to stop', ...checks };
    const looks: [string, Look][] = [['storage', () => this.#probe.check()], ...this.#watched];
    const answers = await Promise.all(looks.map(async ([name, look]) => [name, await look()] as const));
    const found = answers.flatMap(([name, problem]) => (problem === undefined ? [] : [[name, problem] as const]));
    return found.length === 0 ? checks : { ...Object.fromEntries(found), ...checks };
  }
}
