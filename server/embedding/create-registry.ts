import type { IncomingMessage, ServerResponse } from 'node:http';
import { openAnsweringRegistry } from '../answering-registry.ts';
import { createLogger } from '../composition/logger.ts';
import { readRedis } from '../composition/redis-tls-files.ts';
import {
  ConfigurationError,
  type Environment,
  formatKey,
  type KeyPath,
  type LoadedConfiguration,
  loadConfiguration,
} from '../config/index.ts';
import { refuseForbidden } from '../http/protocol-errors.ts';
import { reportConfiguration } from '../lifecycle/report-configuration.ts';
import { type ConfigurationObject, loadGiven } from './given-configuration.ts';

/** How long requests that still run may take when the registry ends, in milliseconds. */
const SETTLE_MS = 5_000;

/** What {@link createRegistry} takes. */
export interface EmbeddingOptions {
  /** The path of a configuration file, or its content as an object; see `docs/configuration.md`. */
  readonly configuration: string | ConfigurationObject;
  /** Variables such as `REGISTRY_HTTP_SECRET` that override the configuration; none unless given. */
  readonly env?: Environment;
}

/** What the registry uses of Koa's context; that of any version of Koa fits. */
export interface HostContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean | undefined;
}

/** A registry whose requests a host application receives. */
export interface EmbeddedRegistry extends AsyncDisposable {
  /**
   * Koa middleware. It answers every request below `<http.prefix>/v2`, errors included, and passes all others on. It
   * reads bodies itself and must come before whatever does so.
   */
  readonly middleware: (ctx: HostContext, next: () => Promise<unknown>) => Promise<void>;
  /**
   * Ends jobs, plugins and storage, after the requests that still run, for which it waits at most 5 s. The host closes its
   * server first. Calling it again does nothing.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a registry inside a host application: all that a configuration says, but for the server, which is the host's.
 * Addresses, time-outs, drain and metrics of connections under `http` have no effect.
 * @throws ConfigurationError with every problem of the configuration, and for `http.tls` and several `http.workers`
 * @throws Error that says why it failed otherwise; nothing is left open
 */
export async function createRegistry({ configuration, env = {} }: EmbeddingOptions): Promise<EmbeddedRegistry> {
  const loaded =
    typeof configuration === 'string'
      ? await loadConfiguration({ path: configuration, env })
      : await loadGiven({ configuration, name: 'createRegistry', env });
  refuseServerKeys(loaded);
  const redis = await readRedis(loaded);
  const log = await createLogger(loaded.configuration.log);
  reportConfiguration(loaded, log);
  await using stack = new AsyncDisposableStack();
  const { answer, running, startJobs } = await openAnsweringRegistry(loaded, { log, stack, redis });
  const schedules = startJobs();
  const resources = stack.move();
  const root = `${loaded.configuration.http.prefix}/v2`;
  return {
    middleware: async (ctx, next) => {
      if (!isBelow(root, ctx.req.url)) {
        await next();
        return;
      }
      ctx.respond = false;
      if (!refuseForbidden(ctx.req, ctx.res, log)) await answer(ctx.req, ctx.res);
    },
    [Symbol.asyncDispose]: async () => {
      // Requests that watch a job end then.
      schedules.stop();
      await running.settled(SETTLE_MS);
      await resources.disposeAsync();
    },
  };
}

function isBelow(root: string, target = ''): boolean {
  return target.startsWith(root) && ['', '/', '?'].includes(target.charAt(root.length));
}

/** Keys that would promise what only the server of the host can keep. */
function refuseServerKeys({ configuration, locate }: LoadedConfiguration): void {
  const { tls, workers } = configuration.http;
  const problem = (path: KeyPath, message: string) => ({ ...locate(path), key: formatKey(path), message });
  const problems = [
    ...(tls === undefined ? [] : [problem(['http', 'tls'], 'TLS is up to the server of the host; remove it')]),
    ...(workers === 1 ? [] : [problem(['http', 'workers'], 'a registry in a host has one process; set it to 1')]),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
}
