import type { DriverPlace } from '../../plugins/loading/load-driver.ts';
import { formatKey, type LoadedConfiguration } from '../config/index.ts';
import type { SecondStorageRequest } from './open-replica.ts';
import { pluginPlace } from './plugin-place.ts';

/** The old storage that a configuration names; `undefined` without one. */
export function copyFromRequest(
  loaded: LoadedConfiguration,
  warn: DriverPlace['warn'] = () => undefined,
): SecondStorageRequest | undefined {
  const { copyFrom } = loaded.configuration.storage;
  if (copyFrom === undefined) return undefined;
  const at = formatKey(['storage', 'copyfrom', copyFrom.name]);
  return { ...copyFrom, place: { ...pluginPlace(loaded, at), warn } };
}
