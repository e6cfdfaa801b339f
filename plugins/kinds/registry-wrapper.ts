import { inspect } from 'node:util';
import { REGISTRY_WRAPPER } from '../../core/ports/index.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Wraps the registry: see `RegistryWrapper`. */
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

type MethodOf<Service> = { [Member in keyof Service]: Service[Member] extends number ? never : Member }[keyof Service];

type Services = { readonly [Service in keyof Registry]: ReadonlyArray<MethodOf<Registry[Service]>> };

const SERVICES: Services = {
  layers: ['exists', 'stat', 'fetch', 'upload', 'resume', 'resumeToFinish', 'status', 'mount', 'delete'],
  manifests: ['exists', 'get', 'put', 'delete'],
  tags: ['list'],
  referrers: ['list'],
  catalog: ['list'],
};

/** Why `registry` is not a registry, as far as its members show; nothing is called. */
export function registryProblems(registry: unknown): string[] {
  const serviceOf = (service: string): unknown =>
    typeof registry === 'object' && registry !== null ? Reflect.get(registry, service) : undefined;
  const missing = Object.entries(SERVICES).flatMap(([service, names]) =>
    missingMembers(`registry's service "${service}"`, serviceOf(service), methods(...names)),
  );
  return missing.length > 0 ? missing : chunkProblems(serviceOf('layers') as object);
}

function chunkProblems(layers: object): string[] {
  const bytes: unknown = Reflect.get(layers, 'minChunkBytes');
  if (typeof bytes === 'number' && bytes >= 0 && Number.isSafeInteger(bytes)) return [];
  return [
    `its registry's service "layers" has minChunkBytes ${inspect(bytes)}; it must be a whole number of at least 0`,
  ];
}
