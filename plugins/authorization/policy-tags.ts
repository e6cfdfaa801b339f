import type { RepositoryName, Tag } from '../../core/model/reference.ts';
import type { Locks } from '../../core/ports/locks.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { ForwardingRegistry } from '../../core/registry/forwarding/forwarding-registry.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { ImmutableManifestService } from '../registry-wrappers/immutable-tags/immutable-manifest-service.ts';
import { SharedMutex } from '../registry-wrappers/immutable-tags/shared-mutex.ts';
import type { ImmutableTags } from '../registry-wrappers/immutable-tags/tag-rules.ts';
import type { Policy } from './policy.ts';

/** The tags that a policy makes immutable: some for everybody, all for users who may push but not overwrite. */
class PolicyTags implements ImmutableTags {
  readonly #policy: () => Policy | undefined;

  /** @param policy the current policy, which a reload replaces; `undefined` if there is none */
  constructor(policy: () => Policy | undefined) {
    this.#policy = policy;
  }

  get isPerUser(): boolean {
    return this.#policy() !== undefined;
  }

  covers(name: RepositoryName): boolean {
    return this.#policy()?.immutableTags.some((rules) => rules.covers(name)) === true;
  }

  isImmutable(name: RepositoryName, tag: Tag, context?: CallContext): boolean {
    if (context?.mayOverwrite?.(name) === false) return true;
    return this.#policy()?.immutableTags.some((rules) => rules.isImmutable(name, tag)) === true;
  }
}

/** Wraps a registry so that tags are moved and deleted only as a policy allows. */
export function guardTags(
  inner: Registry,
  { policy, locks }: { readonly policy: () => Policy | undefined; readonly locks: Locks },
): Registry {
  const dependencies = { rules: new PolicyTags(policy), mutex: new SharedMutex(locks) };
  return new ForwardingRegistry(inner, { manifests: new ImmutableManifestService(inner, dependencies) });
}
