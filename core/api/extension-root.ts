import type { RouteExtension } from '../ports/route-extension.ts';

/** The segments at the root that belong to the registry itself, whether it serves them now or not. */
export const RESERVED_ROOTS: readonly string[] = ['/v2', '/livez', '/readyz', '/metrics', '/debug'];

/** What every path of an extension begins with, without `http.prefix`. */
export function extensionRoot({ name, mount }: Pick<RouteExtension, 'name' | 'mount'>): string {
  return mount ?? `/v2/_ext/${name}`;
}
