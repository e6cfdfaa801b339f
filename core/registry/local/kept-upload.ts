import { algorithmOf, type Digest, digestOf, isAlias } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { UploadStore } from '../../storage/upload-store.ts';
import type { CallContext } from '../call-context.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';
import type { HeldBytes } from './held-bytes.ts';
import { unlock } from './unlock.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** The collaborators of a {@link KeptUpload}. */
export interface KeptUploadDependencies {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly sessions: UploadSessions;
}

/** The initial state of a {@link KeptUpload}. */
export interface KeptUploadOptions {
  readonly state: UploadState;
  /** All its bytes. */
  readonly held: HeldBytes;
  readonly lock: Lock;
  /** Opens the stored upload; the lock must be free. */
  readonly resume: () => Promise<LayerUpload>;
}

/**
 * A stored upload whose bytes are all in memory as well. If they are the whole blob, they are written directly to its
 * place; otherwise the stored upload is resumed.
 */
export class KeptUpload implements LayerUpload {
  readonly #dependencies: KeptUploadDependencies;
  readonly #options: KeptUploadOptions;
  #resumed: LayerUpload | undefined;
  #isUnlocked = false;
  #isOver = false;

  constructor(dependencies: KeptUploadDependencies, options: KeptUploadOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  get size(): number {
    return this.#resumed?.size ?? this.#options.state.offset;
  }

  get state(): UploadState {
    return this.#resumed?.state ?? this.#options.state;
  }

  async append(chunk: Chunk, context?: CallContext): Promise<void> {
    await (await this.#resume()).append(chunk, context);
  }

  /** Four driver calls, three of them one after the other; more if the upload has changed meanwhile. */
  async finish(digest: Digest, context?: CallContext): Promise<Descriptor> {
    if (this.#resumed !== undefined || !(await this.#isWhole(digest))) {
      return (await this.#resume()).finish(digest, context);
    }
    const { blobs, uploads, sessions } = this.#dependencies;
    const { state, held } = this.#options;
    await blobs.publish(state.name, digest, { bytes: held.bytes });
    this.#isOver = true;
    sessions.end(state.uuid);
    await uploads.remove(state.name, state.uuid);
    return { mediaType: OCTET_STREAM, digest, size: state.offset };
  }

  async cancel(context?: CallContext): Promise<void> {
    await (await this.#resume()).cancel(context);
  }

  async close(context?: CallContext): Promise<UploadState> {
    return this.#resumed === undefined ? this.state : this.#resumed.close(context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.held[Symbol.dispose]();
    if (this.#resumed !== undefined) await this.#resumed[Symbol.asyncDispose]();
    else await this.#unlock();
  }

  /** Whether these bytes are the blob and still everything stored: another instance may have resumed the upload. */
  async #isWhole(digest: Digest): Promise<boolean> {
    const { state, held } = this.#options;
    if (isAlias(digest) || digestOf(held.bytes, algorithmOf(digest)) !== digest) return false;
    return (await this.#dependencies.uploads.size(state.name, state.uuid)) === held.size;
  }

  async #resume(): Promise<LayerUpload> {
    if (this.#resumed !== undefined) return this.#resumed;
    await this.#unlock();
    this.#resumed = await this.#options.resume();
    this.#options.held[Symbol.dispose]();
    return this.#resumed;
  }

  async #unlock(): Promise<void> {
    if (this.#isUnlocked) return;
    this.#isUnlocked = true;
    await unlock(this.#options.lock, { isOver: this.#isOver });
  }
}
