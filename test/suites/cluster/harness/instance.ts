import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Answer, type Ask, ask, type Target } from '../../../helpers/http/http-request.ts';
import { ProcessGroup } from '../../../helpers/processes/process-group.ts';
import { until } from '../../../helpers/running/until.ts';

const CLI = join(import.meta.dirname, '../../../../bundle/bin.js');
const SHIFTED_CLOCK = new URL('shifted-clock.js', import.meta.url).href;

type Section = Readonly<Record<string, unknown>>;

/** The settings of one instance. */
export interface InstanceOptions {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  /** All of it but `http.addr`. */
  readonly configuration: Section & { readonly http: Section };
  /** How far its wall clock is ahead, in milliseconds. */
  readonly clockShiftMs?: number | undefined;
}

/** One instance of a cluster, which keeps its port from start to start. */
export class Instance implements Target {
  readonly #t: ExecutionContext;
  readonly #options: InstanceOptions;
  #group: ProcessGroup | undefined;

  private constructor(t: ExecutionContext, options: InstanceOptions) {
    this.#t = t;
    this.#options = options;
  }

  /** Starts it and waits until it serves. */
  static async start(t: ExecutionContext, options: InstanceOptions): Promise<Instance> {
    const instance = new Instance(t, options);
    await instance.start();
    return instance;
  }

  get name(): string {
    return this.#options.name;
  }

  get port(): number {
    return this.#options.port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The output of the current process. */
  get output(): string {
    return this.#group?.output ?? '';
  }

  /** Asks this instance itself, not through the balancer. */
  ask(method: string, path: string, options?: Ask): Promise<Answer> {
    return ask(this, method, path, options);
  }

  /** Starts it when it does not run, and waits until it serves. */
  async start(): Promise<void> {
    const { name, folder, port, configuration, clockShiftMs = 0 } = this.#options;
    const file = join(folder, `${name}.yml`);
    const { http, ...rest } = configuration;
    // JSON is YAML, too.
    await writeFile(file, JSON.stringify({ ...rest, http: { ...http, addr: `127.0.0.1:${port}` } }));
    const shift = clockShiftMs === 0 ? {} : { env: { CLOCK_SHIFT_MS: String(clockShiftMs) } };
    const preload = clockShiftMs === 0 ? [] : ['--import', SHIFTED_CLOCK];
    this.#group = ProcessGroup.start(this.#t, {
      command: process.execPath,
      args: [...preload, CLI, 'serve', file],
      label: name,
      ...shift,
    });
    await until(`${name} serves`, () => this.serves());
  }

  /** Whether it answers. Throws when its process has ended by itself. */
  async serves(): Promise<boolean> {
    if (this.#group?.isAlive !== true) throw new Error(`${this.name} has ended:\n${this.output}`);
    const answer = await this.ask('GET', '/v2/').catch(() => undefined);
    return answer?.status === 200;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#group?.kill();
  }

  /** Ends its first process only; its workers have to notice. */
  async killPrimary(): Promise<void> {
    this.#group?.signalFirst('SIGKILL');
    await this.#group?.ended();
  }

  /** The process ids of its workers. */
  async workers(): Promise<number[]> {
    return (await this.#group?.children()) ?? [];
  }

  /** Asks it to end, and gives its exit code. */
  async stop(): Promise<number | null> {
    this.#group?.signalFirst('SIGTERM');
    return (await this.#group?.ended()) ?? null;
  }

  /** Pauses all its processes, as a machine that swaps or a hypervisor that moves it would. */
  pause(): void {
    this.#group?.signal('SIGSTOP');
  }

  resume(): void {
    this.#group?.signal('SIGCONT');
  }
}
