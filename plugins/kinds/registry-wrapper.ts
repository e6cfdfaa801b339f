import { REGISTRY_WRAPPER } from '../../core/di.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Stands in front of the registry: see `RegistryWrapper`. */
export const registryWrapper: KindContract = {
  kind: 'registry-wrapper',
  token: REGISTRY_WRAPPER,
  tokenName: 'REGISTRY_WRAPPER',
  noun: 'registry wrapper',
  prefix: 'stowage-registry-',
  allows: 'many',
  keys: ['middleware.registry', 'middleware.repository'],
  builtIn: { 'immutable-tags': () => import('../registry-wrappers/immutable-tags/index.ts') },
  problems: (port) => missingMembers('registry wrapper', port, methods('wrap')),
};

type Services = { readonly [Service in keyof Registry]: ReadonlyArray<keyof Registry[Service]> };

const SERVICES: Services = {
  layers: ['exists', 'stat', 'fetch', 'upload', 'resume', 'resumeToFinish', 'status', 'mount', 'delete'],
  manifests: ['exists', 'get', 'put', 'delete'],
  tags: ['list'],
  referrers: ['list'],
  catalog: ['list'],
};

/** Why `registry` is not a registry, as far as its members show; nothing is called. */
export function registryProblems(registry: unknown): string[] {
  return Object.entries(SERVICES).flatMap(([service, names]) => {
    const value: unknown =
      typeof registry === 'object' && registry !== null ? Reflect.get(registry, service) : undefined;
    return missingMembers(`registry's service "${service}"`, value, methods(...names));
  });
}
