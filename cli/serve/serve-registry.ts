import cluster from 'node:cluster';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { type Environment, type LoadedConfiguration, loadConfiguration } from '../../server/config/index.ts';
import { reportCrashes } from '../../server/lifecycle/report-crashes.ts';
import type { RunningRegistry } from '../../server/lifecycle/running-registry.ts';
import { startUpMessage } from '../../server/lifecycle/start-up-message.ts';
import { watchConfiguration } from '../../server/lifecycle/watch-configuration.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { endOnSignal, giveUpOnSignal, runUntilSignal, type StartSignal } from '../run-until-signal.ts';

/** `stowage serve`: runs the registry until a signal. */
export interface ServeRequest extends ConfiguredCommand {
  readonly kind: 'serve';
}

/**
 * Runs a registry until a signal ends it, in this process or in workers.
 * @throws what prevents the start, all of it at once
 */
export async function run(request: ServeRequest, program: Program): Promise<void> {
  const { env, note } = program;
  if (cluster.isWorker) {
    await runAsWorker(env);
    return;
  }
  // Until the registry runs, there is nothing to reload.
  process.on('SIGHUP', () => undefined);
  using reading = endOnSignal();
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: note }), env });
  const start = await loadStart(loaded);
  using starting = giveUpOnSignal();
  reading[Symbol.dispose]();
  const registry = await tellingAll(start(loaded, starting), { loaded, ...starting });
  if (starting.signal.aborted) await registry.stop();
  starting.signal.throwIfAborted();
  await using _ = watchConfiguration(loaded, { registry, env });
  const ended = runUntilSignal(registry);
  starting[Symbol.dispose]();
  reportCrashes(registry.log);
  // Only after the signal handlers are set: a program that reads this may send a signal immediately.
  announce(registry, loaded, program);
  keepWhatWasCompiled(registry);
  await ended;
}

/**
 * Announces that the registry has started: in a message for a person at a terminal, otherwise in a log line, so that a
 * container writes one stream in one format.
 */
function announce(
  { report, log }: RunningRegistry,
  { configuration }: LoadedConfiguration,
  { print, terminal, printsToTerminal }: Program,
): void {
  const isText = configuration.log.formatter === 'text';
  if (!isText || terminal() === undefined) log.info({ ...report }, 'ready');
  if (isText && (printsToTerminal() || terminal() !== undefined)) print(startUpMessage(report));
}

type Start = (loaded: LoadedConfiguration, options: Pick<StartSignal, 'signal'>) => Promise<RunningRegistry>;

/** A primary process loads nothing that only workers need, and the other way round. */
async function loadStart({ configuration }: LoadedConfiguration): Promise<Start> {
  return configuration.http.workers > 1
    ? (await import('../../server/workers/primary.ts')).startWorkers
    : (await import('../../server/main.ts')).startRegistry;
}

/**
 * Waits for a start.
 * @throws whatever it throws, together with everything else that would prevent it
 */
async function tellingAll<Result>(
  starting: Promise<Result>,
  { loaded, signal }: { readonly loaded: LoadedConfiguration; readonly signal: AbortSignal },
): Promise<Result> {
  try {
    return await starting;
  } catch (error) {
    signal.throwIfAborted();
    const { withOtherProblems } = await import('../../server/composition/start-problems.ts');
    throw await withOtherProblems(error, loaded);
  }
}

// A function of its own, because tsc leaves the names of imported modules as they are beside a `using`.
async function runAsWorker(env: Environment): Promise<void> {
  const { runWorker } = await import('../../server/workers/worker.ts');
  await runWorker(env);
}

/** Saves the compiled code now: a registry that is killed later would leave nothing for the next start. */
function keepWhatWasCompiled({ log }: RunningRegistry): void {
  if (getCompileCacheDir() === undefined)
    log.debug({}, 'compiled code is not cached: every folder for it can be changed by other users');
  flushCompileCache();
}
