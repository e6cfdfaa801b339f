import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { AccessController } from '../../../core/ports/access-controller.ts';
import type { Logger } from '../../../core/ports/logger.ts';
import type { Registry } from '../../../core/registry/registry.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { OpenAccess } from '../../../plugins/auth/open.ts';
import { HmacTokens } from '../../../plugins/tokens/hmac.ts';
import { HealthChecks } from '../../../server/health/health-checks.ts';
import { Readiness } from '../../../server/health/readiness.ts';
import { StorageProbe } from '../../../server/health/storage-probe.ts';
import type { HttpSettings } from '../../../server/http/http-settings.ts';
import { createApp } from '../../../server/routes/app.ts';
import { noAudit } from './no-audit.ts';
import { Registry as RegistryClient } from './with-registry.ts';

const SETTINGS: HttpSettings = {
  urls: { prefix: '', relative: false },
  headers: {},
  maxManifestBytes: 4 * 1024 * 1024,
  idleMs: 120_000,
  maxCatalogEntries: 100,
  maxTags: 1000,
  deleteEnabled: true,
  readOnly: false,
  storageReadOnly: false,
  redirect: false,
  secrets: [],
};

const log: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Serves any registry over HTTP, with the routes of the real one; the server ends with the test. */
export async function serveRegistry(
  t: ExecutionContext,
  registry: Registry,
  controller: AccessController = new OpenAccess(),
): Promise<RegistryClient> {
  const checks = new HealthChecks([], log);
  const readiness = new Readiness(new StorageProbe(new MemoryDriver(), { log, isWritten: () => false }), checks);
  const tokens = new HmacTokens({ keys: [Buffer.from('known to every test')] });
  const parts = { registry, controller, tokens, extensions: [], readiness, metrics: undefined, log };
  const openAdministration = () => Promise.reject(new Error('the admin API is off here'));
  const services = { ...parts, audit: noAudit(), openAdministration };
  const handle = createApp(services, SETTINGS).callback();
  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => void server.close();
  t.teardown(stop);
  const { port } = server.address() as AddressInfo;
  return new RegistryClient({ address: `http://127.0.0.1:${port}` }, { stop, root: '' });
}
