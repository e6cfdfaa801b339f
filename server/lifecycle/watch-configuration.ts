import type { Environment, LoadedConfiguration } from '../config/index.ts';
import { FileWatch } from './file-watch.ts';
import { Reloader } from './reloader.ts';
import type { RunningRegistry } from './running-registry.ts';

/** Reloads the configuration of a running registry on SIGHUP and whenever one of its files changes, until it is disposed. */
export function watchConfiguration(
  start: LoadedConfiguration,
  { registry, env }: { readonly registry: RunningRegistry; readonly env: Environment },
): AsyncDisposable {
  const { reloadable, log } = registry;
  const reloader = new Reloader({ start, reloadable, env, log, apply: (values) => registry.apply(values) });
  process.on('SIGHUP', () => {
    // Before anything that takes time: a rotation moves the old file away.
    void registry.reopenLogs();
    void reloader.reload({ asked: true });
  });
  return new FileWatch({ files: () => reloader.files, changed: () => reloader.reload({ asked: false }) });
}
