import type { ExecutionContext } from 'ava';
import { BlobService, SERVICE } from '../../../../drivers/azure/blob-service.ts';
import { Container, type ContainerDependencies } from '../../../../drivers/azure/container.ts';
import { HttpTransport } from '../../../../drivers/object-store/http-transport.ts';
import { Retries } from '../../../../drivers/object-store/retries.ts';

const authorize = async () => ({ authorization: 'Bearer token' });

/** A service with pauses that a test does not notice. */
export function serviceAt(t: ExecutionContext, endpoint: string): BlobService {
  const transport = new HttpTransport({ service: SERVICE, maxCalls: 25, userAgent: 'stowage-test', authorize });
  t.teardown(() => transport[Symbol.dispose]());
  const retries = new Retries({ firstPauseMs: 1, maxPauseMs: 2 });
  return new BlobService({ endpoint, container: 'layers', transport, retries });
}

/** A container of such a service. */
export function containerAt(
  t: ExecutionContext,
  endpoint: string,
  dependencies: Partial<ContainerDependencies> = {},
): Container {
  const service = serviceAt(t, endpoint);
  return new Container({ service, authorize, polling: { maxPolls: 3, delayMs: 1 }, ...dependencies });
}
