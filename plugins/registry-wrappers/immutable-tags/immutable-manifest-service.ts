import { mapConcurrently } from '../../../core/async/concurrency.ts';
import { algorithmOf, type Digest, digestOf } from '../../../core/digest/digest.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { Reference, RepositoryName, Tag } from '../../../core/model/reference.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import { ForwardingManifestService } from '../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { type NewManifest, type PutManifest, tagsOfPush } from '../../../core/registry/manifest-service.ts';
import { nextAfter } from '../../../core/registry/page.ts';
import type { Registry } from '../../../core/registry/registry.ts';
import type { HeldKeys, SharedMutex } from './shared-mutex.ts';
import type { ImmutableTags } from './tag-rules.ts';

const TAGS_AT_A_TIME = 1000;
const LOOKUPS_AT_A_TIME = 8;

/** The dependencies of an {@link ImmutableManifestService}. */
export interface ImmutableManifestDependencies {
  readonly rules: ImmutableTags;
  readonly mutex: SharedMutex;
}

/**
 * Rejects moving or deleting immutable tags, and deleting their manifests. Of concurrent requests that set a new tag,
 * one wins; the others are rejected unless they push the same manifest. A tag whose manifest is lost or damaged is
 * free, so it can be pushed again.
 */
export class ImmutableManifestService extends ForwardingManifestService {
  readonly #tags: Registry['tags'];
  readonly #rules: ImmutableTags;
  readonly #mutex: SharedMutex;

  constructor({ manifests, tags }: Registry, { rules, mutex }: ImmutableManifestDependencies) {
    super(manifests);
    this.#tags = tags;
    this.#rules = rules;
    this.#mutex = mutex;
  }

  /** @throws RegistryError `TAG_IMMUTABLE`; nothing was stored */
  override async put(
    name: RepositoryName,
    reference: Reference,
    manifest: NewManifest,
    context?: CallContext,
  ): Promise<PutManifest> {
    const wanted = [...new Set(tagsOfPush(reference, manifest))].sort();
    const immutable = wanted.filter((tag) => this.#rules.isImmutable(name, tag, context));
    const put = (): Promise<PutManifest> => super.put(name, reference, manifest, context);
    const { isPerUser } = this.#rules;
    if (immutable.length === 0 && (!isPerUser || wanted.length === 0)) return put();
    const digest = digestOf(manifest.bytes, reference.kind === 'digest' ? algorithmOf(reference.digest) : undefined);
    const free = await this.#freeTags(name, immutable, { digest, context });
    // The tags have this digest already, and nothing can change that.
    if (free.length === 0 && !isPerUser) return put();
    // Where others may move a tag, every push of it takes its key, and looks at it again.
    const [locked, checked] = isPerUser ? [wanted, immutable] : [free, free];
    return this.#mutex.run(
      [digest, ...locked].map((key) => `${name}:${key}`),
      async (held) => {
        await this.#freeTags(name, checked, { digest, context });
        held.checkHeld();
        return put();
      },
      context?.signal,
    );
  }

  /**
   * For a digest, it looks up every immutable tag of the repository.
   * @throws RegistryError `TAG_IMMUTABLE`
   */
  override async delete(name: RepositoryName, reference: Reference, context?: CallContext): Promise<void> {
    const key = reference.kind === 'tag' ? reference.tag : reference.digest;
    if (reference.kind === 'tag' ? !this.#rules.isImmutable(name, reference.tag) : !this.#rules.covers(name)) {
      return super.delete(name, reference, context);
    }
    // A request that sets a tag takes the same key, so that none can be set between the check and the delete.
    const deleteUnlessNeeded = async (held: HeldKeys): Promise<void> => {
      if (reference.kind === 'tag') await this.#refuseIfSet(name, reference.tag, context);
      else await this.#refuseIfTagged(name, reference.digest, context);
      held.checkHeld();
      return super.delete(name, reference, context);
    };
    return this.#mutex.run([`${name}:${key}`], deleteUnlessNeeded, context?.signal);
  }

  /** The tags under which nothing is pushed. */
  async #freeTags(
    name: RepositoryName,
    tags: readonly Tag[],
    { digest, context }: { readonly digest: Digest; readonly context: CallContext | undefined },
  ): Promise<Tag[]> {
    const free: Tag[] = [];
    for (const tag of tags) {
      const current = await this.#digestOf(name, tag, context);
      if (current === undefined) free.push(tag);
      else if (current !== digest) throw immutable(name, tag, { digest: current, refused: digest });
    }
    return free;
  }

  async #refuseIfSet(name: RepositoryName, tag: Tag, context: CallContext | undefined): Promise<void> {
    const digest = await this.#digestOf(name, tag, context);
    if (digest !== undefined) throw immutable(name, tag, { digest });
  }

  async #refuseIfTagged(name: RepositoryName, digest: Digest, context: CallContext | undefined): Promise<void> {
    for await (const tags of this.#immutableTags(name, context)) {
      await mapConcurrently(tags, LOOKUPS_AT_A_TIME, async (tag) => {
        if ((await this.#digestOf(name, tag, context)) === digest) throw immutable(name, tag, { digest });
      });
    }
  }

  async *#immutableTags(name: RepositoryName, context: CallContext | undefined): AsyncGenerator<Tag[]> {
    let after: Tag | undefined;
    do {
      const page = await unlessUnknown('NAME_UNKNOWN', () =>
        this.#tags.list(name, { limit: TAGS_AT_A_TIME, after }, context),
      );
      if (page === undefined) return;
      yield page.items.filter((tag) => this.#rules.isImmutable(name, tag));
      after = nextAfter(page, after);
    } while (after !== undefined);
  }

  /** The digest that the tag names; `undefined` when it names nothing that could be pulled. */
  async #digestOf(name: RepositoryName, tag: Tag, context: CallContext | undefined): Promise<Digest | undefined> {
    const manifest = await unlessUnknown('MANIFEST_UNKNOWN', () =>
      this.inner.get(name, { kind: 'tag', tag }, undefined, context),
    );
    return manifest?.digest;
  }
}

function immutable(name: RepositoryName, tag: Tag, digests: { digest: Digest; refused?: Digest }): RegistryError {
  return new RegistryError('TAG_IMMUTABLE', { name, tag, ...digests });
}

async function unlessUnknown<Result>(
  code: 'MANIFEST_UNKNOWN' | 'NAME_UNKNOWN',
  action: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await action();
  } catch (error) {
    if (RegistryError.is(error, code)) return undefined;
    throw error;
  }
}
