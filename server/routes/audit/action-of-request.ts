import type { AuditAction } from '../../../core/ports/audit-record.ts';
import { methodOf, type ServedRoute } from '../handled-route.ts';

/** Reading methods of the API that do not read content. */
const BY_ROUTE: ReadonlyMap<string, AuditAction> = new Map([
  ['base', 'login'],
  ['catalog', 'list'],
  ['tags', 'list'],
  ['referrers', 'list'],
]);

/** What a request to a route is about, by its method; `undefined` if the route has no such method, or only its plugin can say. */
export function actionOfRequest(
  route: ServedRoute,
  { method, isMount }: { readonly method: string; readonly isMount: boolean },
): AuditAction | undefined {
  const served = methodOf(route, method);
  if (served === undefined) return undefined;
  const { access } = served;
  const known = BY_ROUTE.get(route.name);
  if (known !== undefined) return known;
  if (route.name === 'blob-upload-chunk' && method === 'DELETE') return 'cancel';
  if (isMount) return 'mount';
  if (access === 'public') return undefined;
  const reads = method === 'GET' || method === 'HEAD';
  if (access === 'pull' || (!reads && access !== 'none' && access !== 'catalog')) return access;
  // Where an upload is, and what a plugin shows.
  return reads ? 'list' : 'admin';
}
