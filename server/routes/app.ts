import Koa from 'koa';
import type { AccessController } from '../../core/ports/access-controller.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { Registry } from '../../core/registry/registry.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { onlyWhenHealthy, probes } from '../health/probes.ts';
import type { Readiness } from '../health/readiness.ts';
import { accessLog } from '../http/access-log/access-log.ts';
import type { WriteRequest } from '../http/access-log/ended-request.ts';
import { errorResponder } from '../http/error-responder.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { lingeringClose } from '../http/lingering-close.ts';
import { RequestBodies } from '../http/request-bodies.ts';
import type { RequestState } from '../http/request-scope.ts';
import { requestScope } from '../http/request-scope.ts';
import { rootPage } from '../http/root-page.ts';
import { rootProbe } from '../http/root-probe.ts';
import { tidyPaths } from '../http/tidy-paths.ts';
import type { HttpMetrics } from '../metrics/http-metrics.ts';
import { adminRoutes, type OpenAdministration } from './admin-routes.ts';
import { answerHost, answerUrls } from './answer-urls.ts';
import { baseRoutes } from './base.ts';
import { blobRoutes } from './blobs.ts';
import { extensionRoutes } from './extension-routes.ts';
import { catalogRoutes, tagsRoutes } from './lists.ts';
import { manifestRoutes } from './manifests.ts';
import { MountSources } from './mount-sources.ts';
import { noSuchRoute } from './no-such-route.ts';
import { referrersRoutes } from './referrers.ts';
import type { RouteHandlers } from './route-context.ts';
import { createRouting } from './router.ts';
import { setUploadHeaders } from './upload-headers.ts';
import { uploadChunkRoutes, uploadRoutes } from './uploads.ts';

/** What the HTTP layer depends on; created once, shared by all requests, never changed. */
export interface Services {
  readonly registry: Registry;
  readonly tokens: TokenProvider;
  readonly controller: AccessController;
  readonly extensions: readonly RouteExtension[];
  /** Called with the first request to the admin API. */
  readonly openAdministration: OpenAdministration;
  readonly readiness: Readiness;
  /** Counts the requests; absent without metrics. */
  readonly metrics: HttpMetrics | undefined;
  readonly log: Logger;
  /** Records what clients do. */
  readonly audit: AuditLog;
  /** Records requests; absent: nothing does. */
  readonly writeRequest?: WriteRequest | undefined;
}

/** The Koa application: every request passes its middleware in this order. */
export function createApp(services: Services, settings: HttpSettings): Koa<RequestState> {
  const { tokens, controller, extensions, readiness, metrics, log, audit, writeRequest } = services;
  const app = new Koa<RequestState>();
  const routing = createRouting(routeHandlers(services, settings), extensionRoutes(extensions, settings), {
    controller,
    settings,
    audit,
    metrics,
  });
  const { maxManifestBytes, idleMs } = settings;
  const bodies = new RequestBodies({ maxManifestBytes, idleMs }, log);
  app.use(requestScope({ log, bodies }, settings));
  app.use(probes(readiness));
  if (writeRequest !== undefined) app.use(accessLog(settings, writeRequest));
  app.use(lingeringClose);
  app.use(
    errorResponder(
      (ctx, state) => setUploadHeaders(ctx, { tokens, urls: answerUrls(ctx, settings.urls) }, state),
      metrics && ((codes) => metrics.countErrors(codes)),
    ),
  );
  app.use(onlyWhenHealthy(readiness));
  app.use(rootPage({ hostOf: (ctx) => answerHost(ctx, settings.urls) }));
  app.use(rootProbe);
  app.use(tidyPaths(routing.isRoute));
  for (const middleware of routing.middleware) app.use(middleware);
  app.use(noSuchRoute);
  app.on('error', (error: unknown) => log.debug({ err: error }, 'a response was cut off'));
  return app;
}

function routeHandlers({ registry, tokens, openAdministration }: Services, settings: HttpSettings): RouteHandlers {
  const { layers } = registry;
  const sources = new MountSources(registry);
  return {
    ...adminRoutes(openAdministration),
    base: baseRoutes(),
    catalog: catalogRoutes(registry.catalog, settings),
    tags: tagsRoutes(registry.tags, settings),
    manifest: manifestRoutes(registry.manifests, settings),
    referrers: referrersRoutes(registry.referrers),
    blob: blobRoutes({ layers, sources }, settings),
    'blob-upload': uploadRoutes({ layers, tokens, sources }),
    'blob-upload-chunk': uploadChunkRoutes({ layers, tokens, sources }),
  };
}
