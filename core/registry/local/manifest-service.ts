import { allDone } from '../../async/all-done.ts';
import { KeyedMutex, mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import { algorithmOf, type Digest, digestOf } from '../../digest/digest.ts';
import { type Manifest, parseManifest } from '../../manifests/manifest.ts';
import { childFor, readStoredManifest } from '../../manifests/stored-manifest.ts';
import { RegistryError, RegistryErrors } from '../../model/errors.ts';
import { DOCKER_MANIFEST_LIST } from '../../model/media-types.ts';
import { formatReference, type Reference, type RepositoryName, type Tag } from '../../model/reference.ts';
import { referrerOf } from '../../model/referrer.ts';
import { LookupMoment } from '../../storage/collection/lookup-moment.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { TagStore } from '../../storage/tag-store.ts';
import { NO_HISTORY, type Tagging } from '../../tag-history/tag-move.ts';
import type { DeleteRecorder } from '../../trash/kept-deletions.ts';
import type { CallContext } from '../call-context.ts';
import {
  type GetOptions,
  type ManifestService,
  type NewManifest,
  type PutManifest,
  type StoredManifest,
  tagsOfPush,
} from '../manifest-service.ts';
import { ManifestReader } from './manifest-reader.ts';
import { ReferenceVerifier } from './reference-verifier.ts';
import { addAgain } from './signatures-beside.ts';
import type { VerifiedManifest } from './verified-manifest.ts';

/** The platform whose image clients that cannot read Docker manifest lists get, as in distribution. */
const DEFAULT_PLATFORM = { os: 'linux', architecture: 'amd64' };

/** The number of tags that are set or removed concurrently. */
const CONCURRENCY = 16;

const DAMAGED = 'its stored bytes are damaged; push it again';

/** The manifests in a storage. */
@injectable()
export class LocalManifestService implements ManifestService {
  readonly #revisions: RevisionStore;
  readonly #tags: TagStore;
  readonly #reader: ManifestReader;
  readonly #verifier: ReferenceVerifier;
  /** Serializes the changes of each tag, so that none is based on a value that another change has just replaced. */
  readonly #tagMutex = new KeyedMutex();
  #recorder: DeleteRecorder | undefined;

  constructor(
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(TagStore) tags: TagStore,
    @inject(ManifestReader) reader: ManifestReader,
    @inject(ReferenceVerifier) verifier: ReferenceVerifier,
  ) {
    this.#revisions = revisions;
    this.#tags = tags;
    this.#reader = reader;
    this.#verifier = verifier;
  }

  /** From now on, everything is recorded before it is deleted. */
  recordDeletes(recorder: DeleteRecorder): void {
    this.#recorder = recorder;
  }

  /** At most three driver calls, two of them concurrently. */
  async exists(name: RepositoryName, reference: Reference): Promise<boolean> {
    const digest = await this.#resolve(name, reference);
    return digest !== undefined && this.#reader.hasWhole(name, digest);
  }

  /**
   * A manifest in memory costs two driver calls by tag and one by digest, and one fewer if {@link ManifestCache}
   * remembers the repository. A manifest that is not in memory costs one more.
   */
  async get(name: RepositoryName, reference: Reference, options: GetOptions = {}): Promise<StoredManifest> {
    if (options.asOf !== undefined) throw new RegistryError('QUERY_INVALID', { reason: NO_HISTORY });
    const digest = await this.#resolve(name, reference);
    const manifest = digest === undefined ? undefined : await this.#reader.load(name, digest);
    if (manifest === undefined) throw unknown(name, reference);
    if (manifest === 'damaged') throw unknown(name, reference, DAMAGED);
    if (options.withoutLists !== true || reference.kind !== 'tag') return manifest;
    if (manifest.mediaType !== DOCKER_MANIFEST_LIST) return manifest;
    const child = childFor(readStoredManifest(manifest.bytes), DEFAULT_PLATFORM);
    const image = child === undefined ? undefined : await this.#reader.load(name, child.digest);
    if (image === 'damaged') throw unknown(name, reference, DAMAGED);
    if (image === undefined) throw unknown(name, reference, 'the list has no image for linux/amd64');
    return image;
  }

  /**
   * Driver calls in sequence: the concurrent look-ups of references; the bytes and the revision; the entry of a
   * referrer; the tag; its history and a last check. The tag is set only after everything that it points to is durable.
   */
  async put(
    name: RepositoryName,
    reference: Reference,
    manifest: NewManifest,
    context?: CallContext,
  ): Promise<PutManifest> {
    const { bytes, contentType } = manifest;
    const parsed = parseManifest(bytes, contentType);
    const digest = digestOf(bytes, reference.kind === 'digest' ? algorithmOf(reference.digest) : undefined);
    if (reference.kind === 'digest' && digest !== reference.digest) {
      throw new RegistryError('DIGEST_INVALID', { digest: reference.digest, computed: digest });
    }
    const verifiedAt = new LookupMoment();
    const verifyAgain = (): Promise<readonly string[]> => this.#verify(name, parsed);
    const remarks = await verifyAgain();
    const { mediaType } = parsed;
    const referrer = referrerOf(parsed, { digest, size: bytes.byteLength });
    const tags = tagsOfPush(reference, manifest);
    await this.store(name, { digest, mediaType, bytes, referrer, tags, verifiedAt, verifyAgain }, context);
    return { digest, mediaType, subject: referrer?.subject, warnings: [...parsed.remarks, ...remarks] };
  }

  async #verify(name: RepositoryName, parsed: Manifest): Promise<readonly string[]> {
    const { problems, remarks } = await this.#verifier.verify(name, parsed);
    const [first, ...others] = [...parsed.problems, ...problems];
    if (first !== undefined) throw new RegistryErrors([first, ...others]);
    return remarks;
  }

  /** Stores a verified manifest and its signatures, then sets the tags. Driver calls as for {@link put}, without look-ups. */
  async store(name: RepositoryName, manifest: VerifiedManifest, context?: CallContext): Promise<void> {
    const { digest, mediaType, bytes, referrer, tags: wanted, verifiedAt, verifyAgain, mayMove, signatures } = manifest;
    await this.#revisions.requireUnchanging(name);
    const { epoch } = this.#reader;
    await signatures?.add();
    await this.#revisions.put(name, digest, bytes, referrer);
    // A garbage collection that begins now finds the manifest, one that began meanwhile may have missed it.
    if (verifiedAt.isLate) await this.#verifyLate(name, verifyAgain);
    this.#reader.keep(name, { digest, mediaType, bytes }, epoch);
    let isKept: boolean | undefined;
    try {
      isKept = await this.#setTags(name, wanted, { digest, mayMove }, context);
    } finally {
      // A concurrent delete may have removed the tags before the manifest is stored again, and leaves them afterwards. Another may follow.
      for (
        isKept ??= await this.#revisions.has(name, digest);
        !isKept;
        isKept = await this.#revisions.has(name, digest)
      ) {
        await this.#revisions.put(name, digest, bytes, referrer);
        for (const tag of wanted) await this.#setIfAbsent(name, { tag, digest, call: context ?? {} });
      }
    }
    if (verifiedAt.isLate) await this.#verifyLate(name, verifyAgain);
    if (signatures !== undefined) await addAgain(signatures, () => this.#revisions.has(name, digest));
    // What is acknowledged is complete before the repository is deleted or renamed; see the guard.
    await this.#revisions.requireUnchanging(name);
  }

  /** Blobs of a repository that is being deleted or renamed are not missing: the client is to repeat its request. */
  async #verifyLate(name: RepositoryName, verifyAgain: () => Promise<unknown>): Promise<void> {
    await this.#revisions.requireUnchanging(name);
    await verifyAgain();
  }

  /**
   * Deleting a manifest reads each tag of its repository, 32 at a time, before the removal and once more afterwards. A
   * tag that this process moves to another manifest meanwhile stays; a tag that another process moves may be removed as
   * well.
   */
  async delete(name: RepositoryName, reference: Reference, context?: CallContext): Promise<void> {
    await this.#revisions.requireUnchanging(name);
    await (reference.kind === 'tag'
      ? this.#deleteTag(name, reference, context)
      : this.#deleteManifest(name, reference, context));
    // A rename that was announced meanwhile may have copied what is gone here.
    await this.#revisions.requireUnchanging(name);
  }

  async #deleteManifest(
    name: RepositoryName,
    reference: Extract<Reference, { kind: 'digest' }>,
    context?: CallContext,
  ): Promise<void> {
    const { digest } = reference;
    if (!(await this.#revisions.has(name, digest))) throw unknown(name, reference);
    const recorder = this.#recorder;
    const by = context?.actor?.name;
    const reading = this.#bytesOf(digest);
    // Tags first: a tag that outlived its manifest would dangle. Again afterwards, for tags that were set meanwhile.
    const untagging = this.#untag(name, digest, {
      found: async (tags) => recorder?.recordManifest(name, { digest, tags, bytes: await reading }, { by }),
      remove: (tag) => this.#tags.remove(name, tag, context ?? {}),
    });
    await allDone([reading, untagging]);
    const bytes = await reading;
    const referrer = bytes && referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength });
    try {
      await this.#revisions.remove(name, digest, referrer);
    } finally {
      // A removal that failed may still have taken effect.
      await this.#reader.forget(name, digest);
    }
    await this.#untag(name, digest, {
      found:
        recorder &&
        ((tags) => mapConcurrently(tags, CONCURRENCY, (tag) => recorder.recordTag(name, { tag, digest }, { by }))),
      remove: (tag) => this.#removeDangling(name, { tag, digest, call: context ?? {} }),
    });
  }

  async #deleteTag(
    name: RepositoryName,
    reference: Extract<Reference, { kind: 'tag' }>,
    context: CallContext = {},
  ): Promise<void> {
    const { tagChanged: changed, onlyIfSetAtMs, actor } = context;
    const { tag } = reference;
    const recorder = this.#recorder;
    const wasThere = await this.#lockingTag(name, tag, async () => {
      if (onlyIfSetAtMs !== undefined && (await this.#tags.setAt(name, tag))?.getTime() !== onlyIfSetAtMs) return false;
      const before = (recorder ?? changed) && (await this.#tags.get(name, tag));
      if (before !== undefined) await recorder?.recordTag(name, { tag, digest: before }, { by: actor?.name });
      if (!(await this.#tags.remove(name, tag, context))) return false;
      changed?.(tag, before);
      return true;
    });
    if (!wasThere) throw unknown(name, reference);
  }

  /**
   * Sets the tags to a manifest; resolves with whether each of them found it still present. A delete that looked for
   * tags before they were set has removed the manifest by then, or will find them when it looks again.
   */
  async #setTags(
    name: RepositoryName,
    tags: readonly Tag[],
    { digest, mayMove }: Pick<VerifiedManifest, 'digest' | 'mayMove'>,
    context: CallContext | undefined,
  ): Promise<boolean> {
    const meanwhile = (): Promise<boolean> => this.#revisions.has(name, digest);
    const found = await mapConcurrently(tags, CONCURRENCY, (tag) => {
      const changed = context?.tagChanged && ((before?: Digest) => context.tagChanged?.(tag, before));
      return this.#lockingTag(name, tag, async () => {
        if (mayMove?.(tag, await this.#tags.get(name, tag)) === false) return meanwhile();
        return this.#tags.set(name, tag, digest, { meanwhile, changed, call: context ?? {} });
      });
    });
    return !found.includes(false);
  }

  /** The bytes of a manifest; `undefined` if they are lost or damaged, which must not prevent its deletion. */
  async #bytesOf(digest: Digest): Promise<Buffer | undefined> {
    const bytes = await this.#reader.read(digest);
    return bytes === 'damaged' ? undefined : bytes;
  }

  /**
   * Removes the tags that point to a manifest.
   * @param steps.found called with them first
   */
  async #untag(
    name: RepositoryName,
    digest: Digest,
    {
      found,
      remove,
    }: { found?: ((tags: readonly Tag[]) => Promise<unknown>) | undefined; remove: (tag: Tag) => Promise<unknown> },
  ): Promise<void> {
    const tags = await this.#tags.pointingAt(name, digest);
    await found?.(tags);
    await mapConcurrently(tags, CONCURRENCY, (tag) =>
      this.#lockingTag(name, tag, async () => {
        // The tag may point elsewhere by now.
        if ((await this.#tags.get(name, tag)) === digest) await remove(tag);
      }),
    );
  }

  /** Removes a tag whose manifest is gone. The tag stays when the manifest is put again at the same time. */
  async #removeDangling(name: RepositoryName, { tag, digest, call }: Tagging): Promise<void> {
    if (await this.#revisions.has(name, digest)) return;
    await this.#tags.remove(name, tag, call);
    const isBack = await this.#revisions.has(name, digest);
    if (isBack && (await this.#tags.get(name, tag)) === undefined) await this.#tags.set(name, tag, digest, { call });
  }

  #setIfAbsent(name: RepositoryName, { tag, digest, call }: Tagging): Promise<void> {
    return this.#lockingTag(name, tag, async () => {
      if ((await this.#tags.get(name, tag)) === undefined) await this.#tags.set(name, tag, digest, { call });
    });
  }

  #lockingTag<Result>(name: RepositoryName, tag: Tag, action: () => Promise<Result>): Promise<Result> {
    return this.#tagMutex.run(`${name}:${tag}`, action);
  }

  async #resolve(name: RepositoryName, reference: Reference): Promise<Digest | undefined> {
    return reference.kind === 'digest' ? reference.digest : this.#tags.get(name, reference.tag);
  }
}

function unknown(name: RepositoryName, reference: Reference, reason?: string): RegistryError {
  const detail = { name, reference: formatReference(reference) };
  return new RegistryError('MANIFEST_UNKNOWN', reason === undefined ? detail : { ...detail, reason });
}
