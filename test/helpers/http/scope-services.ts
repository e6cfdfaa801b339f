import type { Logger } from '../../../core/ports/logger.ts';
import { RequestBodies } from '../../../server/http/request-bodies.ts';
import type { ScopeServices } from '../../../server/http/request-scope.ts';

/** The services of requests, with limits that no test reaches by chance. */
export function scopeServices(log: Logger): ScopeServices {
  return { log, bodies: new RequestBodies({ maxManifestBytes: 4 * 1024 * 1024, idleMs: 120_000 }, log) };
}
