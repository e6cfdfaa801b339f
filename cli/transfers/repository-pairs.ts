import type { ImageReference } from '../../client/references/image-reference.ts';
import { isSameRegistry } from '../../client/references/registry-host.ts';
import { parseRegistryReference, type RegistryReference } from '../../client/references/repository-reference.ts';
import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import { allItems } from '../../core/registry/page.ts';
import type { ClientRun } from '../client/run-client.ts';
import { UsageError } from '../usage-error.ts';

/** A repository, and where it is copied to. */
export interface RepositoryPair {
  readonly source: ImageReference;
  readonly target: ImageReference;
}

/**
 * The repositories of a registry under a part of their names, and where each is copied to: what follows that part is
 * kept. A repository that is called like the part itself becomes the one that is called like that of the target.
 * @throws UsageError when a name would be none in the target
 */
export async function* repositoryPairs(
  request: { readonly source: string; readonly target: string },
  { connections, signal }: ClientRun,
): AsyncGenerator<RepositoryPair, void, undefined> {
  const source = parseRegistryReference(request.source);
  const target = parseRegistryReference(request.target);
  const isSame = isSameRegistry(source.host, target.host);
  if (isSame && target.prefix === source.prefix) throw new UsageError('the target is the source');
  const { catalog } = await connections.remote(source.host);
  await connections.remote(target.host);
  for await (const name of allItems((request) => catalog.list(request, { signal }))) {
    const rest = restOf(name, source);
    // What is copied must not be copied again.
    const isCopy = isSame && target.prefix !== '' && restOf(name, target) !== undefined;
    if (rest === undefined || isCopy) continue;
    yield {
      source: { kind: 'registry', host: source.host, repository: name },
      target: { kind: 'registry', host: target.host, repository: nameIn(target, rest) },
    };
  }
}

function restOf(name: RepositoryName, { prefix }: RegistryReference): string | undefined {
  if (prefix === '') return name;
  if (name === prefix) return '';
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : undefined;
}

function nameIn({ host, prefix }: RegistryReference, rest: string): RepositoryName {
  const name = [prefix, rest].filter((part) => part !== '').join('/');
  if (isRepositoryName(name)) return name;
  throw new UsageError(`${JSON.stringify(name)} cannot be the name of a repository of ${host}`);
}
