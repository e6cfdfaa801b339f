import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { WatchedOutput } from '../secrets/watched-output.ts';

const KEPT_CHARACTERS = 200_000;
const SHOWN_CHARACTERS = 6_000;

const running = new Set<ProcessGroup>();

// AVA stops a test file that takes too long with SIGTERM, and then no teardown runs.
process.once('exit', () => {
  for (const group of running) group.signal('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** The program to start. */
export interface GroupOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Its name when its output is shown. */
  readonly label: string;
  /** Variables in addition to PATH; nothing else of this process's environment is passed on. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A process with all its descendants, which can be paused and killed together. */
export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';
  #wasKilled = false;

  private constructor(child: ChildProcess, label: string) {
    this.#child = child;
    const watched = new WatchedOutput(`the output of ${label}`);
    const keep = (text: string): void => {
      watched.add(text);
      this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => keep(String(error)));
    const closed = once(child, 'close').catch(() => undefined);
    // What other programs write is not up to this project.
    this.#closed = child.spawnfile === process.execPath ? closed.then(() => watched.check()) : closed;
    running.add(this);
    child.once('exit', () => running.delete(this));
  }

  /** Starts it; it is killed when the test ends, and a failed test shows what it wrote last. */
  static start(t: ExecutionContext, { command, args, label, env }: GroupOptions): ProcessGroup {
    const { PATH } = process.env;
    const child = spawn(command, args, { detached: true, env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const group = new ProcessGroup(child, label);
    t.teardown(async () => {
      const isOfInterest = !group.#wasKilled && group.#child.exitCode !== 0;
      await group.kill();
      if (!t.passed && isOfInterest) t.log(`${label} wrote:\n${group.output.slice(-SHOWN_CHARACTERS)}`);
    });
    return group;
  }

  /** Its output, or at least the end of it. */
  get output(): string {
    return this.#output;
  }

  /** Whether the first process of the group runs, even if paused. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** The process ids of those that the first process has started and that run. */
  async children(): Promise<number[]> {
    const { pid } = this.#child;
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    return text.split(' ').filter(Boolean).map(Number);
  }

  /** Sends a signal to all of them. */
  signal(name: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // All of them have ended.
    }
  }

  /** Sends a signal to the first process only. */
  signalFirst(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Kills all of them at once, like a power failure. */
  async kill(): Promise<void> {
    this.#wasKilled = true;
    this.signal('SIGKILL');
    await this.#closed;
  }

  /** Waits until all have ended, and returns the exit code of the first. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }
}
