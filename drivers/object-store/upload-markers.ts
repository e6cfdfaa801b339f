import { randomUUID } from 'node:crypto';
import { DriverError } from '../../core/driver/index.ts';
import { decodeCrc32c, encodeCrc32c } from './crc32c.ts';
import { hasStatus } from './failures.ts';
import { besideKey, hiddenKey, isHiddenMarker, isMarker, MARKER_TYPE } from './marker-keys.ts';
import {
  ABSENT,
  type ListPage,
  type NewObject,
  type ObjectInfo,
  type ObjectName,
  type ObjectStore,
} from './object-store.ts';
import { deleteVersion, metadataOf } from './stored-object.ts';

/** What a later writer needs to resume the upload. */
export interface UploadState {
  /** The upload in parts; `undefined` before the first part. */
  readonly session: SessionState | undefined;
  /** The bytes of all its parts. */
  readonly offset: number;
  /** The bytes that follow: too few for a part. */
  readonly tail: readonly Uint8Array[];
  /** The CRC32C of all bytes; `undefined` when distribution has written some of them. */
  readonly checksum: number | undefined;
}

/** An upload in parts, and the object that it becomes. */
export interface SessionState {
  readonly token: string;
  /** The hidden key of the object; `undefined` when it is the key of the upload itself, as in distribution. */
  readonly objectKey: string | undefined;
}

/** The state of an upload without a byte. */
export const NO_BYTES: UploadState = { session: undefined, offset: 0, tail: [], checksum: 0 };

/** The marker that a writer resumes from and must find unchanged. */
export interface KeptMarker extends ObjectName {
  /** The version of the committed content that it was stored beside. */
  readonly over?: string | undefined;
}

/** The writer of a marker and its purpose: `open` claims the upload, `closed` releases it, `ended` removes it. */
export interface MarkerClaim {
  /** A random id of the writer, by which it recognises its own marker after a lost answer. */
  readonly writer: string;
  readonly phase: 'open' | 'closed' | 'ended';
  /** Whether the key must be unused, except by an upload that was ended, when there is no known marker. */
  readonly mustBeFirst?: boolean | undefined;
}

/** An upload as its marker describes it. */
export interface KeptUpload {
  readonly state: UploadState;
  readonly marker: KeptMarker;
  /** Whether a writer has claimed it and not released it. */
  readonly isOpen: boolean;
}

/** What a writer that appends can find. */
export type FoundUpload = KeptUpload | 'empty' | 'committed' | undefined;

/** What one state of an upload is stored with. */
interface Saving {
  readonly claim: MarkerClaim;
  readonly ifVersion?: NewObject['ifVersion'];
  readonly over?: string | undefined;
}

/** The random bytes at the beginning of a marker, in a store whose versions depend on the content only. */
const SALT_BYTES = 36;

/**
 * Stores the state of uploads as objects, in the form of distribution's gcs driver: metadata name the session and its
 * offset, and the content is the tail. Each change names the version that it replaces, so that only one of several
 * writers gets the upload.
 *
 * If lists tell the content type of objects, a marker has the key of the upload, as in distribution; only if it would
 * hide committed content, it gets a separate key next to it. Otherwise it always has a hidden key in the same folder.
 */
export class UploadMarkers {
  readonly #store: ObjectStore;
  readonly #saltBytes: number;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.#saltBytes = store.capabilities.uniqueVersions ? 0 : SALT_BYTES;
  }

  /** The keys that can have the file of an upload, or its marker. */
  keysOf(key: string): readonly string[] {
    return this.#isInPlace ? [key] : [key, hiddenKey(key)];
  }

  /** Drops the parts of an upload, if the object is a marker, unless the service does so itself after some days. */
  async dropParts(object: ListPage['items'][number], signal?: AbortSignal): Promise<void> {
    const isOfUpload = isMarker(object) || isHiddenMarker(object.key);
    if (this.#store.capabilities.dropsUploads || !isOfUpload) return;
    const marker = await this.#store.head(object.key, { signal });
    const token = marker && metadataOf(marker, 'Session-URI');
    if (marker === undefined || token === undefined || token === '') return;
    await this.#store.resumeUpload({ key: metadataOf(marker, 'Stowage-Object'), token }).abort();
  }

  /**
   * @returns `empty` and `committed` for committed content without and with bytes, `undefined` when nothing is there
   */
  async load(key: string, signal?: AbortSignal): Promise<FoundUpload> {
    const { object, marker } = await this.#find(key, signal);
    const found = marker && (await this.#parse(marker, signal));
    if (object === undefined || object === marker) return found;
    return found ?? (object.size === 0 ? 'empty' : 'committed');
  }

  /** The object that keeps the bytes of an upload, and how many it acknowledges; `undefined` when there is none. */
  async acknowledged(
    key: string,
    object: ObjectInfo | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly marker: ObjectInfo } | undefined> {
    const marker = object === undefined && !this.#isInPlace ? await this.#beside(key, undefined, signal) : object;
    if (marker === undefined || !isMarker(marker) || phaseOf(marker) === 'ended') return undefined;
    return { bytes: offsetOf(marker) + marker.size - this.#saltBytes, marker };
  }

  /**
   * Saves the state of an upload.
   * @param known the marker that this state resumes from; without it, an earlier upload at `key` is dropped
   * @throws StatusError 412 when another writer has replaced `known`, or something exists at `key` although it must be
   * the first
   */
  async save(key: string, state: UploadState, claim: MarkerClaim, known?: KeptMarker): Promise<KeptMarker> {
    if (known !== undefined) {
      const isBeside = this.#isInPlace && known.key !== key;
      const over = isBeside ? (await this.#store.head(key))?.version : known.over;
      return this.#put(known.key, state, { claim, ifVersion: known.version, over });
    }
    return this.#isInPlace ? this.#begin(key, state, claim) : this.#beginHidden(key, state, claim);
  }

  async #begin(key: string, state: UploadState, claim: MarkerClaim): Promise<KeptMarker> {
    try {
      return await this.#put(key, state, { claim, ifVersion: ABSENT });
    } catch (error) {
      if (!hasStatus(error, 412)) throw error;
      const found = await this.#store.head(key);
      // A process that died while it ended an upload leaves its marker; the bytes are gone, and the upload begins anew.
      const isLeft = found !== undefined && isMarker(found) && phaseOf(found) === 'ended';
      if (claim.mustBeFirst === true && !isLeft) throw error;
      return found !== undefined && !isMarker(found)
        ? this.#put(besideKey(key), state, { claim, over: found.version })
        : this.#put(key, state, { claim, ifVersion: found?.version ?? ABSENT });
    }
  }

  async #beginHidden(key: string, state: UploadState, claim: MarkerClaim): Promise<KeptMarker> {
    const over = (await this.#store.head(key))?.version;
    if (claim.mustBeFirst === true && over !== undefined) {
      throw new DriverError('conflict', { cause: new Error('there is content already') });
    }
    try {
      return await this.#put(hiddenKey(key), state, { claim, ifVersion: ABSENT, over });
    } catch (error) {
      if (!hasStatus(error, 412)) throw error;
      const found = await this.#store.head(hiddenKey(key));
      // Left by a process that died, or of an upload over other content.
      const isLeft = found !== undefined && (phaseOf(found) === 'ended' || overOf(found) !== (over ?? ''));
      if (claim.mustBeFirst === true && !isLeft) throw error;
      return this.#put(hiddenKey(key), state, { claim, ifVersion: found?.version ?? ABSENT, over });
    }
  }

  /** Whether no other writer has replaced the marker. */
  async isCurrent(marker: KeptMarker): Promise<boolean> {
    return (await this.#store.head(marker.key))?.version === marker.version;
  }

  /** Drops the upload at `key`, but never committed content, and never an object that has replaced `known`. */
  async remove(key: string, known?: KeptMarker): Promise<void> {
    const found = known ?? (await this.#store.head(this.#isInPlace ? key : hiddenKey(key)));
    const isOfUpload = found !== undefined && (found === known || ('contentType' in found && isMarker(found)));
    if (isOfUpload) await deleteVersion(this.#store, found);
  }

  get #isInPlace(): boolean {
    return this.#store.capabilities.listsContentTypes;
  }

  /** What is at the key of an upload, and its marker, which may be the same object. */
  async #find(key: string, signal: AbortSignal | undefined) {
    if (!this.#isInPlace) {
      const [object, hidden] = await Promise.all(
        [key, hiddenKey(key)].map((each) => this.#store.head(each, { signal })),
      );
      const isCurrent = hidden !== undefined && overOf(hidden) === (object?.version ?? '');
      return { object, marker: isCurrent ? hidden : undefined };
    }
    const object = await this.#store.head(key, { signal });
    if (object === undefined || isMarker(object)) return { object, marker: object };
    return { object, marker: await this.#beside(key, object, signal) };
  }

  /** The marker at the other key, if it belongs to this content. */
  async #beside(key: string, over: ObjectInfo | undefined, signal: AbortSignal | undefined) {
    const found = await this.#store.head(this.#isInPlace ? besideKey(key) : hiddenKey(key), { signal });
    return found !== undefined && overOf(found) === (over?.version ?? '') ? found : undefined;
  }

  async #put(
    key: string,
    { session, offset, tail, checksum }: UploadState,
    { claim, ifVersion, over }: Saving,
  ): Promise<KeptMarker> {
    const metadata = {
      'Session-URI': session?.token ?? '',
      Offset: String(offset),
      'Stowage-Writer': claim.writer,
      ...(claim.phase === 'closed' ? {} : { 'Stowage-Phase': claim.phase }),
      ...(session?.objectKey === undefined ? {} : { 'Stowage-Object': session.objectKey }),
      ...(checksum === undefined ? {} : { 'Stowage-Crc32c': encodeCrc32c(checksum) }),
      ...(over === undefined ? {} : { 'Stowage-Over': over }),
    };
    const content = this.#saltBytes === 0 ? tail : [Buffer.from(randomUUID()), ...tail];
    const object: NewObject = { content, contentType: MARKER_TYPE, metadata, ifVersion, isUnique: true };
    const { version } = await this.#store.put(key, object);
    return { key, version, over };
  }

  async #parse(object: ObjectInfo, signal: AbortSignal | undefined): Promise<KeptUpload | undefined> {
    const { key, version } = object;
    const phase = phaseOf(object);
    if (phase === 'ended') return undefined;
    const token = metadataOf(object, 'Session-URI');
    const objectKey = metadataOf(object, 'Stowage-Object');
    const over = overOf(object);
    const state: UploadState = {
      session: token === '' ? undefined : { token, objectKey: objectKey === '' ? undefined : objectKey },
      offset: offsetOf(object),
      tail: object.size === this.#saltBytes ? [] : await this.#tail(object, signal),
      checksum: decodeCrc32c(metadataOf(object, 'Stowage-Crc32c')),
    };
    return { state, marker: { key, version, over: over === '' ? undefined : over }, isOpen: phase === 'open' };
  }

  async #tail({ key, size, version }: ObjectInfo, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    const start = this.#saltBytes;
    try {
      for (let failures = 1; ; failures += 1) {
        const { body } = await this.#store.get(key, { start, end: size, version, signal });
        try {
          const chunks: Uint8Array[] = [];
          for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
          return chunks;
        } catch (error) {
          await this.#store.retries.pause(error, failures, signal);
        }
      }
    } catch (error) {
      if (!hasStatus(error, 404, 412)) throw error;
      throw new DriverError('conflict', { cause: new Error('another writer was faster', { cause: error }) });
    }
  }
}

function phaseOf(marker: ObjectInfo): string {
  return metadataOf(marker, 'Stowage-Phase');
}

function offsetOf(marker: ObjectInfo): number {
  return Number(metadataOf(marker, 'Offset')) || 0;
}

function overOf(marker: ObjectInfo): string {
  return metadataOf(marker, 'Stowage-Over');
}
