import type { Logger } from '../../core/ports/logger.ts';
import { singleProcess } from '../../plugins/coordination/coordination.ts';
import { inspectRedis } from '../../plugins/coordination/redis/inspect-redis.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { Failures } from '../../plugins/loading/failures.ts';
import { loadWrappers } from '../../plugins/loading/load-wrappers.ts';
import { PluginLoadError } from '../../plugins/loading/plugin-load-error.ts';
import { copyFromRequest } from '../../server/composition/copy-from-request.ts';
import { loadUsablePlugins, requestsOf } from '../../server/composition/load-plugins.ts';
import { readRedis } from '../../server/composition/redis-tls-files.ts';
import {
  ConfigurationError,
  formatKey,
  isReadOnly,
  type KeyPath,
  type LoadedConfiguration,
} from '../../server/config/index.ts';
import { inspectAuditFile } from './inspect-audit-file.ts';
import { inspectStorage } from './inspect-storage.ts';
import { wrapEmptyRegistry } from './wrap-empty-registry.ts';

/** How long each step of opening a plugin may take, in milliseconds, also where the configuration allows more. */
const STEP_MS = 30_000;

/** How a configuration is tried. */
export interface Connecting {
  /** Called for each problem that does not prevent a start. */
  readonly warn: (message: string) => void;
  /** How long each step may take, in milliseconds. */
  readonly stepMs?: number | undefined;
}

/**
 * Opens what a configuration names, as a start would, and closes it again: Redis, every plugin, the storage. Nothing
 * listens, and the storage is not wrapped; wrappers of the registry get an empty one in memory. The storage is only read if its driver supports such a check; otherwise a
 * small file is written and deleted.
 * @returns every problem; none when a registry could start and do what the configuration says
 */
export async function connect(
  given: LoadedConfiguration,
  { warn, stepMs = STEP_MS }: Connecting,
): Promise<readonly unknown[]> {
  const loaded = withTimeLimit(given, stepMs);
  const failures = new Failures();
  await using stack = new AsyncDisposableStack();
  const redis = await failures.of(() => readRedis(loaded));
  if (redis !== undefined) await failures.of(() => placed(loaded, ['redis'], inspectRedis(redis)));
  const log = warningLog((message, fields) => {
    // An unreachable Redis is reported as a problem.
    if (fields['redis'] === undefined) warn(message);
  });
  const { driver, wrappers, ...plugins } = requestsOf(loaded, { log, redis, coordination: singleProcess() });
  const { registryWrappers } = await loadUsablePlugins(plugins, { log, stack, failures });
  await failures.of(() => wrapEmptyRegistry(registryWrappers, { log, validation: loaded.configuration.validation }));
  await failures.of(() => loadWrappers(wrappers));
  await failures.of(async () => inspectAuditFile(loaded));
  const inspecting = { warn, writes: !isReadOnly(loaded.configuration) };
  await failures.of(() => placed(loaded, ['storage', driver.name], inspectStorage(driver, inspecting)));
  const old = copyFromRequest(loaded, warn);
  const path = ['storage', 'copyfrom', old?.name ?? ''];
  if (old !== undefined)
    await failures.of(() => placed(loaded, path, inspectStorage(old, { warn, writes: false, mustExist: true })));
  return failures.errors;
}

/** Adds to an error its place in the file, unless the error names it already. */
async function placed(loaded: LoadedConfiguration, path: KeyPath, inspecting: Promise<void>): Promise<void> {
  try {
    await inspecting;
  } catch (error) {
    if (error instanceof PluginLoadError) throw error;
    throw new ConfigurationError([{ ...loaded.locate(path), key: formatKey(path), message: errorMessage(error) }]);
  }
}

function withTimeLimit(loaded: LoadedConfiguration, stepMs: number): LoadedConfiguration {
  const { pluginTimeoutMs: given } = loaded.configuration;
  const pluginTimeoutMs = given > 0 ? Math.min(given, stepMs) : stepMs;
  return { ...loaded, configuration: { ...loaded.configuration, pluginTimeoutMs } };
}

function warningLog(warn: (message: string, fields: Readonly<Record<string, unknown>>) => void): Logger {
  const tell = (fields: Readonly<Record<string, unknown>>, message: string): void => warn(message, fields);
  return { debug: () => undefined, info: () => undefined, warn: tell, error: tell };
}
