import cluster, { type Worker } from 'node:cluster';
import { Channel } from '../../plugins/coordination/process/channel.ts';
import type { WorkerHub } from '../../plugins/coordination/process/worker-hub.ts';
import type { ReloadableSettings } from '../lifecycle/reloadable-settings.ts';
import type { MetricFamily } from '../metrics/metric-family.ts';
import { type Assignment, CONFIGURATION, FIGURES, LIVE, METRICS, PING, READY, RETIRE, STOP } from './subjects.ts';
import type { CountingWorker, WorkerMetrics } from './worker-metrics.ts';

/** How a process ended: with a code, or by a signal; or why there never was one. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly problem?: string;
}

/** What a worker is started with. */
export interface WorkerOptions {
  readonly hub: WorkerHub;
  /** Asked when the worker has come so far. */
  readonly assignment: () => Assignment;
  /** Of all workers. */
  readonly figures: WorkerMetrics;
}

/** One worker, seen from the primary process. */
export interface WorkerProcess extends CountingWorker {
  readonly id: number;
  /** The worker's start-up message, when it takes requests; `undefined` when it has ended before. */
  readonly ready: Promise<string | undefined>;
  readonly ended: Promise<Ending>;
  /**
   * Lets it go on with other live values.
   * @throws ChannelError when it could not; one that has ended counts as done
   */
  apply(values: ReloadableSettings): Promise<void>;
  /** Resolves when it has answered, or has ended. */
  ping(): Promise<void>;
  /** It takes requests as before, but is not ready any more. Resolves when it knows, or has ended. */
  retire(): Promise<void>;
  /** Sends it no more connections and lets it finish what is under way. Resolves when it has begun to, or has ended. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a worker: this program again, with the same arguments. */
export function forkWorker({ hub, assignment, figures }: WorkerOptions): WorkerProcess {
  const worker = cluster.fork();
  const channel = new Channel((message) => void worker.send(message, undefined, ignore));
  let hasEnded = false;
  const ended = endingOf(worker).then((ending) => {
    hasEnded = true;
    hub.leave(channel);
    return ending;
  });
  // What is sent to a worker that does not listen yet is lost.
  let isListening = false;
  const listening = new Promise<void>((resolve) => {
    channel.answer(CONFIGURATION, () => {
      hub.join(channel);
      channel.answer(METRICS, () => figures.text());
      isListening = true;
      resolve();
      return JSON.stringify(assignment());
    });
  });
  const tell = async (subject: string, text: string): Promise<void> => {
    await Promise.race([listening, ended]);
    if (hasEnded) return;
    await channel.ask(subject, text).catch((error: unknown) => {
      if (!hasEnded) throw error;
    });
  };
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
    apply: (values) => tell(LIVE, JSON.stringify(values)),
    figures: async () => {
      if (!isListening || hasEnded) return undefined;
      const told = await channel.ask(FIGURES, '').catch(ignore);
      return told === undefined ? undefined : (JSON.parse(told) as MetricFamily[]);
    },
    ping: () => tell(PING, '').catch(ignore),
    retire: () => tell(RETIRE, '').catch(ignore),
    stop: async () => {
      const begun = isListening ? channel.ask(STOP, '').catch(ignore) : ended;
      // From now on this process gives it no connections; those that are on their way to it come before this message.
      worker.disconnect();
      await begun;
    },
    // A process that stands still takes no other signal.
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

/** Resolves also when the system starts no process, for want of memory, processes or file handles, or of the program. */
function endingOf(worker: Worker): Promise<Ending> {
  return new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }));
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) resolve({ code: null, signal: null, problem: error.message });
    });
  });
}

/** A worker that cannot be reached has ended, or is about to: `ended` tells. */
function ignore(): void {}
