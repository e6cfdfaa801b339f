import type { Logger } from '../../core/ports/logger.ts';
import type { OpenReplica } from '../../core/scrub/replica-storage.ts';
import { type DriverPlace, inspectStore, loadDriver } from '../../plugins/loading/load-driver.ts';
import { formatKey, type LoadedConfiguration } from '../config/index.ts';
import { pluginPlace } from './plugin-place.ts';

/** A storage in addition to that of the registry, as the loader needs it. */
export interface SecondStorageRequest {
  readonly name: string;
  readonly options: unknown;
  readonly place: DriverPlace;
}

/** The replica that a configuration names; `undefined` without one. */
export function replicaRequest(
  loaded: LoadedConfiguration,
  warn: DriverPlace['warn'] = () => undefined,
): SecondStorageRequest | undefined {
  const { replica } = loaded.configuration.storage.scrub;
  if (replica === undefined) return undefined;
  const at = formatKey(['storage', 'maintenance', 'scrub', 'replica', replica.name]);
  return { ...replica, place: { ...pluginPlace(loaded, at), warn } };
}

/**
 * How the replica of a configuration is opened; `undefined` without one. A replica that does not exist is refused, not
 * created.
 */
export function replicaOpener(loaded: LoadedConfiguration, log: Logger): OpenReplica | undefined {
  const request = replicaRequest(loaded, (message, fields = {}) => log.warn(fields, message));
  if (request === undefined) return undefined;
  const { name, options, place } = request;
  return async () => {
    await inspectStore(name, options, { ...place, writes: false, mustExist: true });
    return loadDriver(name, options, place);
  };
}
