import type { ImageReference } from '../../client/references/image-reference.ts';
import { RegistryPart } from '../client/registry-part.ts';
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
 * @param request `isPlan` when nothing will be written
 * @throws UsageError when a name would be none in the target
 */
export async function* repositoryPairs(
  request: { readonly source: string; readonly target: string; readonly isPlan: boolean },
  { connections, signal }: ClientRun,
): AsyncGenerator<RepositoryPair, void, undefined> {
  const source = RegistryPart.parse(request.source);
  const target = RegistryPart.parse(request.target);
  const isSame = source.isBeside(target);
  if (isSame && target.prefix === source.prefix) throw new UsageError('the target is the source');
  const registry = await source.open(connections);
  await target.open(connections, { writes: !request.isPlan, mayBeNew: true });
  for await (const name of source.names(registry, { signal })) {
    // What is copied must not be copied again.
    const isCopy = isSame && target.prefix !== '' && target.rest(name) !== undefined;
    if (isCopy) continue;
    const rest = source.rest(name) ?? '';
    yield { source: source.repository(rest), target: target.repository(rest) };
  }
}
