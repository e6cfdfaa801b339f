import cluster from 'node:cluster';
import { settledWithin } from '../../core/async/settled-within.ts';
import { Channel } from '../../plugins/coordination/process/channel.ts';
import { ClusterBroadcast } from '../../plugins/coordination/process/cluster-broadcast.ts';
import { ClusterLocks } from '../../plugins/coordination/process/cluster-locks.ts';
import { type Environment, loadConfiguration } from '../config/index.ts';
import type { ReloadableSettings } from '../lifecycle/reloadable-settings.ts';
import { reportCrashes } from '../lifecycle/report-crashes.ts';
import { type ListeningRegistry, startRegistry, type WorkerContext } from '../main.ts';
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

/** How long a worker that has not listened yet may take to release what it has opened. */
const MAX_ENDING_MS = 2_000;

/**
 * Serves the registry as a worker of the primary process that has forked this one, until the primary process says stop.
 * When the primary process ends, Node ends this process.
 */
export async function runWorker(env: Environment): Promise<void> {
  // Terminals and service managers signal all processes at once; only the primary process decides what happens.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const channel = new Channel((message) => void process.send?.(message));
  const started = Promise.withResolvers<ListeningRegistry>();
  const stopped = new Promise<void>((resolve) => {
    answerAs(channel, STOP, () => resolve());
    process.once('disconnect', () => {
      channel.close();
      resolve();
    });
  });
  answerAs(channel, APPLY_SETTINGS, async (values) =>
    (await started.promise).apply(JSON.parse(values) as ReloadableSettings),
  );
  answerAs(channel, REOPEN_LOGS, async () => (await started.promise).reopenLogs());
  answerAs(channel, PING, () => undefined);
  answerAs(channel, RETIRE, () => void started.promise.then((registry) => registry.retire()));
  const coordination = { locks: new ClusterLocks(channel), broadcast: new ClusterBroadcast(channel) };
  const shareMetrics: WorkerContext['shareMetrics'] = (own) => {
    channel.answer(WORKER_METRICS, () => JSON.stringify(own()));
    return () => channel.ask(METRICS, '');
  };
  process.on('message', (message) => channel.receive(message));
  const { file, text, reloadable } = JSON.parse(await channel.ask(CONFIGURATION, '')) as Assignment;
  const loaded = await loadConfiguration({ path: file, text, env });
  const givenUp = new AbortController();
  void stopped.then(() => givenUp.abort(new Error('the primary process has stopped this worker')));
  const worker = { id: cluster.worker?.id ?? 0, coordination, shareMetrics, reloadable };
  const starting = startRegistry(loaded, { worker, signal: givenUp.signal });
  const registry = await Promise.race([starting, stopped]);
  if (registry === undefined) {
    // Without its channel to the primary process a worker would wait forever to listen.
    await settledWithin(starting, MAX_ENDING_MS).catch(() => undefined);
    return;
  }
  started.resolve(registry);
  reportCrashes(registry.log);
  // The primary process may already be stopping.
  await channel.ask(READY, JSON.stringify(registry.report)).catch(() => undefined);
  await stopped;
  await registry.stop();
}

function answerAs(channel: Channel, subject: string, act: (text: string) => void | Promise<void>): void {
  channel.answer(subject, async (text) => {
    await act(text);
    return '';
  });
}
