import type { ExecutionContext } from 'ava';
import type { Registry } from '../../../core/registry/registry.ts';
import { memoryRegistry } from '../core/memory-registry.ts';
import { serveRegistry } from '../http/serve-registry.ts';
import { userOf } from './client-commands.ts';

/** A registry in memory with some services replaced, and its user. */
export async function changedRegistry(t: ExecutionContext, change: (registry: Registry) => Partial<Registry>) {
  const registry = memoryRegistry();
  const served = await serveRegistry(t, { ...registry, ...change(registry) });
  return { registry: served, ...(await userOf(t, served)) };
}
