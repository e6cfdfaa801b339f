import { setImmediate } from 'node:timers/promises';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { readAll } from '../../../testing/driver-case.ts';
import { type CallSite, DriverWrapper } from '../../helpers/drivers/driver-wrapper.ts';
import type { Random } from './random.ts';

const PATHS = new PathMapper();
/** The path of a file that a garbage collection has set aside, with the id of the collection. */
const ASIDE = /\/_jobs\/gc\/collections\/([^/]+)\/aside\//;
/** The path of a file in the trash. */
const TRASH = /\/_trash\//;

/** One call that has run. */
export interface Step {
  readonly process: number;
  readonly site: CallSite;
}

/** The processes of the registry, which come before those of garbage collections and operators. */
const REGISTRY_PROCESSES = 2;

function isOfRegistry(call: Step | undefined): boolean {
  return call !== undefined && call.process < REGISTRY_PROCESSES;
}

interface WaitingCall extends Step {
  readonly go: () => void;
}

/** Holds every storage call of several processes and releases one at a time. */
export class Scheduler {
  /** The calls that have run, in order. */
  readonly steps: Step[] = [];
  /**
   * All committed files except those of uploads, as the calls have left them. A file that a garbage collection has set
   * aside is at its place until it is dropped or goes to the trash: whoever looks for it puts it back. Content that a
   * scrub has moved is at its place as well.
   */
  readonly files = new Map<string, Buffer>();
  readonly #waiting: WaitingCall[] = [];
  readonly #random: Random;
  readonly #killed = new Set<number>();
  #stalled: { readonly process: number; readonly until: number } | undefined;
  #isReleased = false;
  /**
   * How often the oldest, the newest, any call or one of a process of the registry goes first. The last gives requests
   * time to rely on something between two calls of a garbage collection.
   */
  readonly #habit: 'oldest' | 'newest' | 'any' | 'registry';

  constructor(random: Random) {
    this.#random = random;
    this.#habit = random.pick(['oldest', 'newest', 'any', 'any', 'registry', 'registry']);
  }

  /** The storage as one process sees it. */
  driverOf(process: number, storage: StorageDriver): StorageDriver {
    return new ScheduledDriver(process, storage, this);
  }

  /** Lets a process run no more until so many calls have run, unless it is the only one. */
  stall(process: number, calls: number): void {
    this.#stalled = { process, until: this.steps.length + calls };
  }

  /** Lets every later call run at once, for checks when all is quiet. */
  release(): void {
    this.#isReleased = true;
  }

  /** Ends a process: none of its calls runs any more. */
  kill(process: number): void {
    this.#killed.add(process);
    const others = this.#waiting.splice(0).filter((call) => call.process !== process);
    this.#waiting.push(...others);
  }

  wait(call: WaitingCall): void {
    if (this.#killed.has(call.process)) return;
    if (this.#isReleased) call.go();
    else this.#waiting.push(call);
  }

  /** Lets one call run to its end; `undefined` when none is waiting. */
  async step(): Promise<Step | undefined> {
    // The memory driver needs no more than ticks and microtasks, so every client waits or has ended afterwards.
    await setImmediate();
    if (this.#waiting.length === 0) return undefined;
    const [call] = this.#waiting.splice(this.#choose(), 1);
    if (call === undefined) return undefined;
    this.steps.push(call);
    call.go();
    await setImmediate();
    return call;
  }

  #choose(): number {
    const all = [...this.#waiting.keys()];
    const awake = all.filter((index) => !this.#isStalled(this.#waiting[index]));
    const indexes = awake.length === 0 ? all : awake;
    if (this.#habit === 'registry' && this.#random.chance(0.9)) {
      const calls = indexes.filter((index) => isOfRegistry(this.#waiting[index]));
      return this.#random.pick(calls.length === 0 ? indexes : calls);
    }
    if (this.#habit === 'any' || this.#habit === 'registry' || this.#random.chance(0.25))
      return this.#random.pick(indexes);
    return (this.#habit === 'oldest' ? indexes[0] : indexes.at(-1)) ?? 0;
  }

  #isStalled(call: Step | undefined): boolean {
    return (
      this.#stalled !== undefined && call?.process === this.#stalled.process && this.steps.length < this.#stalled.until
    );
  }
}

/** Hands each call to the scheduler and keeps its picture of the files up to date. */
class ScheduledDriver extends DriverWrapper {
  readonly #process: number;
  readonly #storage: StorageDriver;
  readonly #scheduler: Scheduler;

  constructor(process: number, storage: StorageDriver, scheduler: Scheduler) {
    super(storage);
    this.#process = process;
    this.#storage = storage;
    this.#scheduler = scheduler;
  }

  protected override around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const go = (): void => void this.#run(site, action).then(resolve, reject);
      this.#scheduler.wait({ process: this.#process, site, go });
    });
  }

  async #run<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    const result = await action();
    const { files } = this.#scheduler;
    if (site.call === 'write') files.set(site.path, await readAll(this.#storage, site.path));
    if (site.to !== undefined && !ASIDE.test(site.to)) files.set(site.to, await readAll(this.#storage, site.to));
    const [, id] = ASIDE.exec(site.path) ?? [];
    const isSwept = site.call === 'delete' || (site.to !== undefined && TRASH.test(site.to));
    if (isSwept && id !== undefined) {
      const original = PATHS.collections.originalOf(id, site.path);
      if ((await this.#storage.stat(original)) === undefined) files.delete(original);
    } else if (site.call === 'delete') {
      for (const path of files.keys()) if (path.startsWith(`${site.path}/`)) files.delete(path);
    }
    return result;
  }
}
