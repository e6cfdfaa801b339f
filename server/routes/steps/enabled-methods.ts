import { REMOVAL_REFUSED } from '../../../core/storage-copy/copy-on-read/removal-refused.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { ServedMethod, ServedRoute } from '../handled-route.ts';

/** The methods of a route that the configuration leaves enabled now, as `Allow` lists them. */
export function enabledMethods({ methods }: ServedRoute, settings: HttpSettings): string {
  return listed(methods.filter((method) => reasonAgainst(method, settings) === undefined));
}

/** The methods of a route that change nothing, as `Allow` lists them. */
export function readMethods({ methods }: ServedRoute): string {
  return listed(methods.filter(changesNothing));
}

/** Every method of a route, as `Allow` lists them. */
export function allMethods({ methods }: ServedRoute): string {
  return listed(methods);
}

/** Why the configuration disables a method now; `undefined` for one that is enabled. */
export function reasonAgainst(method: ServedMethod, settings: HttpSettings): string | undefined {
  if (settings.readOnly && !changesNothing(method)) return 'the registry is read-only';
  if (settings.storageReadOnly && !changesNothing(method)) return 'the storage is read-only';
  if (method.access === 'delete' && settings.copiesFrom === true) return REMOVAL_REFUSED;
  if (method.access !== 'delete' || settings.deleteEnabled) return undefined;
  return 'deleting is disabled; set storage.delete.enabled to allow it';
}

/** Whether a method changes nothing. A public one never does: clients POST for tokens to a read-only registry as well. */
export function changesNothing({ method, access }: ServedMethod): boolean {
  return method === 'GET' || method === 'HEAD' || access === 'public';
}

function listed(methods: readonly ServedMethod[]): string {
  return methods.map(({ method }) => method).join(', ');
}
