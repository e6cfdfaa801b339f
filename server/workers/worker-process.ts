import cluster from 'node:cluster';
import { once } from 'node:events';
import { Channel } from '../../plugins/process/channel.ts';
import type { WorkerHub } from '../../plugins/process/worker-hub.ts';
import { CONFIGURATION, READY, STOP } from './subjects.ts';

/** How a process ended: with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What a worker is started with. */
export interface WorkerOptions {
  readonly hub: WorkerHub;
  /** The text of the configuration file. */
  readonly text: string;
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/** One worker, seen from the primary process. */
export interface WorkerProcess {
  readonly id: number;
  /** The worker's start-up message, when it takes requests; `undefined` when it has ended before. */
  readonly ready: Promise<string | undefined>;
  readonly ended: Promise<Ending>;
  /** Lets it finish what is under way. */
  stop(): void;
}

/** Starts a worker: this program again, with the same arguments. */
export function forkWorker({ hub, text, env }: WorkerOptions): WorkerProcess {
  const worker = cluster.fork(env);
  const channel = new Channel((message) => void worker.send(message, undefined, ignore));
  const exited = once(worker, 'exit') as Promise<[number | null, string | null]>;
  const ended = exited.then(([code, signal]) => {
    hub.leave(channel);
    return { code, signal };
  });
  // What is sent to a worker that does not listen yet is lost.
  const listening = new Promise<void>((resolve) => {
    channel.answer(CONFIGURATION, () => {
      hub.join(channel);
      resolve();
      return text;
    });
  });
  const ready = new Promise<string | undefined>((resolve) => {
    channel.answer(READY, (message) => {
      resolve(message);
      return '';
    });
    void ended.then(() => resolve(undefined));
  });
  worker.on('message', (message: unknown) => channel.receive(message));
  worker.on('error', ignore);
  return {
    id: worker.id,
    ready,
    ended,
    stop: () => void listening.then(() => channel.ask(STOP, '')).catch(ignore),
  };
}

/** A worker that cannot be reached has ended, or is about to: `ended` tells. */
function ignore(): void {}
