import type { RegistryWrapper } from '../../core/ports/registry-wrapper.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { ScopedRegistry } from '../../core/registry/scoped-registry.ts';
import { registryProblems } from '../kinds/registry-wrapper.ts';
import { matchesAny, type NamePattern } from '../patterns/name-pattern.ts';
import { attempt, type LoadStep, loadError } from './load-step.ts';

/** A wrapper that is ready. */
export interface LoadedRegistryWrapper {
  /** For errors about it. */
  readonly plugin: LoadStep;
  readonly wrapper: RegistryWrapper;
  /** The repositories to which it applies; absent for all, and then it wraps the catalog as well. */
  readonly repositories?: readonly NamePattern[] | undefined;
}

/**
 * Wraps a registry: each wrapper goes around the result of those before it.
 * @throws PluginLoadError always when one of them does not wrap it
 */
export async function wrapRegistry(registry: Registry, wrappers: readonly LoadedRegistryWrapper[]): Promise<Registry> {
  let outermost = registry;
  for (const { plugin, wrapper, repositories } of wrappers) {
    const wrapped = await wrapOnce(outermost, wrapper, plugin);
    const others = outermost;
    outermost =
      repositories === undefined
        ? wrapped
        : new ScopedRegistry({ scoped: wrapped, others, matches: (name) => matchesAny(repositories, name) });
  }
  return outermost;
}

async function wrapOnce(registry: Registry, wrapper: RegistryWrapper, plugin: LoadStep): Promise<Registry> {
  const wrapped: unknown = await attempt(plugin, 'wrap()', () => wrapper.wrap(registry));
  const problems = await attempt(plugin, 'checking its registry', () => registryProblems(wrapped));
  if (problems.length > 0) throw loadError('broken-contract', plugin, problems);
  // It was just checked to have everything that a registry needs.
  return wrapped as Registry;
}
