import cluster from 'node:cluster';
import { tellingAll } from '../../server/composition/start-problems.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { watchConfiguration } from '../../server/lifecycle/watch-configuration.ts';
import { startRegistry } from '../../server/main.ts';
import { startWorkers } from '../../server/workers/primary.ts';
import { runWorker } from '../../server/workers/worker.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { endOnSignal, runUntilSignal } from '../run-until-signal.ts';

/** `stowage serve`: runs the registry until a signal. */
export interface ServeRequest extends ConfiguredCommand {
  readonly kind: 'serve';
}

/**
 * Runs a registry until a signal ends it, in this process or in workers.
 * @throws what prevents the start, all of it at once
 */
export async function run(request: ServeRequest, { env, print, complain }: Program): Promise<void> {
  if (cluster.isWorker) {
    await runWorker(env);
    return;
  }
  // Until the registry runs, there is nothing that could be reloaded.
  process.on('SIGHUP', () => undefined);
  const starting = endOnSignal();
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  const start = loaded.configuration.http.workers > 1 ? startWorkers : startRegistry;
  const registry = await tellingAll(start(loaded), loaded);
  await using _ = watchConfiguration(loaded, { registry, env });
  const ended = runUntilSignal(registry);
  starting[Symbol.dispose]();
  // Only after the signal handlers are set: a program that reads the message may send a signal immediately.
  print(registry.message);
  await ended;
}
