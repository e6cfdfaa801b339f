import cluster, { type Worker } from 'node:cluster';
import { Channel } from '../../plugins/coordination/process/channel.ts';
import type { WorkerHub } from '../../plugins/coordination/process/worker-hub.ts';
import type { ReloadableSettings } from '../lifecycle/reloadable-settings.ts';
import type { StartReport } from '../lifecycle/start-up-message.ts';
import type { MetricFamily } from '../metrics/metric-family.ts';
import {
  APPLY_SETTINGS,
  type Assignment,
  CONFIGURATION,
  METRICS,
  PING,
  READY,
  REOPEN_LOGS,
  RETIRE,
  STOP,
  WORKER_METRICS,
} from './subjects.ts';
import type { CountingWorker, WorkerMetrics } from './worker-metrics.ts';

/** How a process ended: with a code or by a signal; or why it never started. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly problem?: string;
}

/** What the primary process gives a worker. */
export interface WorkerOptions {
  readonly hub: WorkerHub;
  /** Called when the worker asks what it has to serve. */
  readonly assignment: () => Assignment;
  /** The metrics of all workers. */
  readonly metrics: WorkerMetrics;
}

/** A worker as the primary process sees it. */
export interface WorkerProcess extends CountingWorker {
  readonly id: number;
  /** Resolves when it serves requests; with `undefined` when it ended before that. */
  readonly ready: Promise<StartReport | undefined>;
  readonly ended: Promise<Ending>;
  /**
   * Applies other reloadable settings in it.
   * @throws ChannelError when the worker could not; a worker that has ended counts as done
   */
  apply(values: ReloadableSettings): Promise<void>;
  /** Lets it open its files again. Resolves when it has, or has ended. */
  reopenLogs(): Promise<void>;
  /** Resolves when it answers, or has ended. */
  ping(): Promise<void>;
  /** Makes it unready; it still serves requests. Resolves when it has acknowledged, or has ended. */
  retire(): Promise<void>;
  /** Sends it no more connections and lets it finish. Resolves when it has acknowledged, or has ended. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a worker, which runs this program with the same arguments. */
export function forkWorker({ hub, assignment, metrics }: WorkerOptions): WorkerProcess {
  const worker = cluster.fork();
  const channel = new Channel((message) => void worker.send(message, undefined, ignore));
  let hasEnded = false;
  const ended = endingOf(worker).then((ending) => {
    hasEnded = true;
    hub.leave(channel);
    return ending;
  });
  // A message to a worker that does not listen yet is lost.
  let isListening = false;
  const listening = new Promise<void>((resolve) => {
    channel.answer(CONFIGURATION, () => {
      hub.join(channel);
      channel.answer(METRICS, () => metrics.text());
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
  const ready = new Promise<StartReport | undefined>((resolve) => {
    channel.answer(READY, (report) => {
      resolve(JSON.parse(report) as StartReport);
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
    apply: (values) => tell(APPLY_SETTINGS, JSON.stringify(values)),
    reopenLogs: () => tell(REOPEN_LOGS, '').catch(ignore),
    metrics: async () => {
      if (!isListening || hasEnded) return undefined;
      const told = await channel.ask(WORKER_METRICS, '').catch(ignore);
      return told === undefined ? undefined : (JSON.parse(told) as MetricFamily[]);
    },
    ping: () => tell(PING, '').catch(ignore),
    retire: () => tell(RETIRE, '').catch(ignore),
    stop: async () => {
      const begun = isListening ? channel.ask(STOP, '').catch(ignore) : ended;
      // From now on this process passes it no connections; those under way arrive before this message.
      worker.disconnect();
      await begun;
    },
    // A process that hangs handles no other signal.
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

/**
 * Also resolves when the system starts no process, because memory, processes, file handles or the program are missing.
 */
function endingOf(worker: Worker): Promise<Ending> {
  return new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }));
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) resolve({ code: null, signal: null, problem: error.message });
    });
  });
}

/** A worker that cannot be reached has ended, or is about to; `ended` reports it. */
function ignore(): void {}
