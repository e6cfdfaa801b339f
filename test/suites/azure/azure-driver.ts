import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import { BlobService, SERVICE } from '../../../drivers/azure/blob-service.ts';
import { Container } from '../../../drivers/azure/container.ts';
import { type OpenDependencies, openDriver } from '../../../drivers/azure/open-driver.ts';
import type { AzureOptions } from '../../../drivers/azure/options.ts';
import { signRequest } from '../../../drivers/azure/shared-key.ts';
import { HttpTransport } from '../../../drivers/object-store/http-transport.ts';
import { Retries } from '../../../drivers/object-store/retries.ts';
import { ACCOUNT, sharedKey } from './emulator.ts';

/** Bytes that do not fit into the state of an upload, and so become a block. */
export const BLOCK_BYTES = 256 * 1024;

/** Pauses that a test does not notice, and enough attempts for many faults in a row. */
const PATIENCE = { maxAttempts: 12, firstPauseMs: 1, maxPauseMs: 4 };

/** The options of a driver on a container of the emulator. */
export function optionsFor(container: string, serviceurl: string): AzureOptions {
  return { ...ACCOUNT, container, serviceurl, rootdirectory: '', realm: 'core.windows.net', skipverify: false };
}

/** A guarded driver on a container. */
export async function openAzure(
  container: string,
  serviceurl: string,
  options: Partial<AzureOptions> = {},
  surroundings: OpenDependencies = {},
): Promise<StorageDriver> {
  const all = { ...optionsFor(container, serviceurl), ...options };
  return guardDriver(await openDriver(all, { retry: PATIENCE, ...surroundings }));
}

/** The blobs of a container, without a driver. */
export function openContainer(container: string, endpoint: string): Container {
  const authorize: ConstructorParameters<typeof HttpTransport>[0]['authorize'] = async (_, request) =>
    signRequest(sharedKey(), request);
  const transport = new HttpTransport({ service: SERVICE, maxCalls: 10, userAgent: 'stowage-test', authorize });
  return new Container({
    service: new BlobService({ endpoint, container, transport, retries: new Retries(PATIENCE) }),
    authorize,
    polling: { maxPolls: 3, delayMs: 1 },
  });
}

/** Every key of a container. */
export async function keysOf(container: Container): Promise<string[]> {
  const { items } = await container.list({ prefix: '' });
  return items.map(({ key }) => key);
}
