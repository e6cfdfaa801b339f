import type { ExecutionContext } from 'ava';
import { RemoteRegistry, type RemoteRegistryOptions } from '../../../client/index.ts';

/** Opens the registry at an address such as `http://127.0.0.1:5000`; it is closed when the test ends. */
export function openRemote(
  t: ExecutionContext,
  address: string,
  options: Partial<RemoteRegistryOptions> = {},
): RemoteRegistry {
  const { host, protocol } = new URL(address);
  const registry = RemoteRegistry.open({
    host,
    scheme: protocol === 'https:' ? 'https' : 'http',
    // Tests of failures must not wait for long.
    retries: { baseDelayMs: 1 },
    ...options,
  });
  t.teardown(() => registry[Symbol.asyncDispose]());
  return registry;
}

/** A body of these chunks. */
export async function* bodyOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
