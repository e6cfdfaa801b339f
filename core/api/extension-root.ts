import type { RouteExtension } from '../ports/route-extension.ts';
import { ADMIN_ROOT } from './admin-root.ts';

/** Roots that are reserved for the registry itself, whether or not it currently serves them. */
export const RESERVED_ROOTS: readonly string[] = ['/v2', '/livez', '/readyz', '/metrics', '/debug', ADMIN_ROOT];

/** The prefix of every path of an extension, without `http.prefix`. */
export function extensionRoot({ name, mount }: Pick<RouteExtension, 'name' | 'mount'>): string {
  return mount ?? `/v2/_ext/${name}`;
}
