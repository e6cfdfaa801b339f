import cluster from 'node:cluster';
import { Channel } from '../../plugins/process/channel.ts';
import { ClusterBulletin } from '../../plugins/process/cluster-bulletin.ts';
import { ClusterLocks } from '../../plugins/process/cluster-locks.ts';
import { type Environment, loadConfiguration } from '../config/index.ts';
import { startRegistry } from '../main.ts';
import { CONFIGURATION, READY, STOP } from './subjects.ts';

/**
 * Serves the registry as one of the workers of the primary process that has forked this one, until that says stop.
 * When the primary process ends, Node ends this one.
 */
export async function runWorker(path: string, env: Environment): Promise<void> {
  // A terminal and a service manager signal all processes at once; the primary process alone says what happens.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  const channel = new Channel((message) => void process.send?.(message));
  const stopped = new Promise<void>((resolve) => {
    channel.answer(STOP, () => {
      resolve();
      return '';
    });
  });
  const company = { locks: new ClusterLocks(channel), bulletin: new ClusterBulletin(channel) };
  process.on('message', (message) => channel.receive(message));
  const text = await channel.ask(CONFIGURATION, '');
  const registry = await startRegistry(await loadConfiguration({ path, text, env }), {
    id: cluster.worker?.id ?? 0,
    company,
  });
  await channel.ask(READY, registry.message);
  await stopped;
  await registry.stop();
}
