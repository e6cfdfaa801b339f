import { DriverError } from '../../core/driver/index.ts';
import { type Bucket, deleteGeneration } from './bucket.ts';
import { decodeCrc32c, encodeCrc32c } from './crc32c.ts';
import { hasStatus } from './failures.ts';
import type { ObjectInfo } from './object-info.ts';

/** An object of this type represents an uncommitted upload; distribution uses the same type. */
const MARKER_TYPE = 'application/x-docker-upload-session';

/** Whether an object only stores the state of an upload. The driver never shows it as a file. */
export function isMarker(object: { readonly contentType: string }): boolean {
  return object.contentType === MARKER_TYPE;
}

/** What a later writer needs to resume the upload. */
export interface UploadState {
  /** The resumable upload; `undefined` before the first 256 KiB. */
  readonly session: SessionState | undefined;
  /** The size of the resumable upload in bytes. */
  readonly offset: number;
  /** The bytes that follow: too few for the resumable upload. */
  readonly tail: readonly Uint8Array[];
  /** The CRC32C of all bytes; `undefined` when distribution has written some of them. */
  readonly checksum: number | undefined;
}

/** The target of the bytes of a resumable upload, and the object that they become. */
export interface SessionState {
  readonly url: string;
  /** The hidden key of the object; `undefined` when it is the key of the upload itself, as in distribution. */
  readonly objectKey: string | undefined;
}

/** The state of an upload without a byte. */
export const NO_BYTES: UploadState = { session: undefined, offset: 0, tail: [], checksum: 0 };

/** The marker that a writer resumes from and must find unchanged. */
export interface KeptMarker {
  readonly key: string;
  readonly generation: string;
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

/**
 * Stores the state of uploads in the bucket, in distribution's form: an object at the key of the upload, whose metadata
 * name the session and its offset and whose content is the tail. If a marker would hide committed content, it gets a
 * separate key next to it. Each change names the generation that it replaces, so that only one of several writers gets
 * the upload.
 */
export class UploadMarkers {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /**
   * @returns `empty` and `committed` for committed content without and with bytes, `undefined` when nothing is there
   */
  async load(key: string, signal?: AbortSignal): Promise<FoundUpload> {
    const object = await this.#bucket.stat(key, signal);
    if (object === undefined) return undefined;
    if (isMarker(object)) return this.#parse(object, signal);
    const aside = await this.#bucket.stat(besideKey(key), signal);
    const found = aside?.metadata['Stowage-Over'] === object.generation ? await this.#parse(aside, signal) : undefined;
    return found ?? (object.size === 0 ? 'empty' : 'committed');
  }

  /**
   * Saves the state of an upload.
   * @param known the marker that this state resumes from; without it, an earlier upload at `key` is dropped
   * @throws StatusError 412 when another writer has replaced `known`, or something exists at `key` although it must be
   * the first
   */
  async save(key: string, state: UploadState, claim: MarkerClaim, known?: KeptMarker): Promise<KeptMarker> {
    if (known !== undefined) {
      const over = known.key === key ? undefined : (await this.#bucket.stat(key))?.generation;
      return this.#put(known.key, state, { claim, ifGeneration: known.generation, over });
    }
    try {
      return await this.#put(key, state, { claim, ifGeneration: '0' });
    } catch (error) {
      if (!hasStatus(error, 412)) throw error;
      const found = await this.#bucket.stat(key);
      // A process that died while it ended an upload leaves its marker; the bytes are gone, and the upload begins anew.
      const isLeft = found !== undefined && isMarker(found) && phaseOf(found) === 'ended';
      if (claim.mustBeFirst === true && !isLeft) throw error;
      return found !== undefined && !isMarker(found)
        ? this.#put(besideKey(key), state, { claim, over: found.generation })
        : this.#put(key, state, { claim, ifGeneration: found?.generation ?? '0' });
    }
  }

  /** Whether no other writer has replaced the marker. */
  async isCurrent(marker: KeptMarker): Promise<boolean> {
    return (await this.#bucket.stat(marker.key))?.generation === marker.generation;
  }

  /** Drops the upload at `key`, but never committed content, and never an object that has replaced `known`. */
  async remove(key: string, known?: KeptMarker): Promise<void> {
    const found = known === undefined ? await this.#bucket.stat(key) : undefined;
    const marker = known ?? (found !== undefined && isMarker(found) ? found : undefined);
    if (marker !== undefined) await deleteGeneration(this.#bucket, marker.key, marker.generation);
  }

  async #put(
    key: string,
    { session, offset, tail, checksum }: UploadState,
    {
      claim,
      ifGeneration,
      over,
    }: { readonly claim: MarkerClaim; readonly ifGeneration?: string; readonly over?: string | undefined },
  ): Promise<KeptMarker> {
    const metadata = {
      'Session-URI': session?.url ?? '',
      Offset: String(offset),
      'Stowage-Writer': claim.writer,
      ...(claim.phase === 'closed' ? {} : { 'Stowage-Phase': claim.phase }),
      ...(session?.objectKey === undefined ? {} : { 'Stowage-Object': session.objectKey }),
      ...(checksum === undefined ? {} : { 'Stowage-Crc32c': encodeCrc32c(checksum) }),
      ...(over === undefined ? {} : { 'Stowage-Over': over }),
    };
    const object = { content: tail, contentType: MARKER_TYPE, metadata, ifGeneration, isUnique: true };
    const { generation } = await this.#bucket.insert(key, object);
    return { key, generation };
  }

  async #parse(object: ObjectInfo, signal: AbortSignal | undefined): Promise<KeptUpload | undefined> {
    const { key, generation, metadata } = object;
    if (phaseOf(object) === 'ended') return undefined;
    const url = valueOf(metadata, 'Session-URI');
    const objectKey = valueOf(metadata, 'Stowage-Object');
    const state: UploadState = {
      session: url === '' ? undefined : { url, objectKey: objectKey === '' ? undefined : objectKey },
      offset: offsetOf(object),
      tail: object.size === 0 ? [] : await this.#tail(object, signal),
      checksum: decodeCrc32c(valueOf(metadata, 'Stowage-Crc32c')),
    };
    return { state, marker: { key, generation }, isOpen: phaseOf(object) === 'open' };
  }

  async #tail({ key, size, generation }: ObjectInfo, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    try {
      return await this.#bucket.retries.run(async () => {
        const response = await this.#bucket.openMedia(key, { start: 0, end: size, generation }, signal);
        const chunks: Uint8Array[] = [];
        for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
        return chunks;
      }, signal);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      throw new DriverError('conflict', { cause: new Error('another writer was faster', { cause: error }) });
    }
  }
}

/** How many bytes a marker acknowledges; `undefined` when the upload has ended. */
export function acknowledgedBytes(marker: ObjectInfo): number | undefined {
  return phaseOf(marker) === 'ended' ? undefined : offsetOf(marker) + marker.size;
}

/** No storage path contains `~`, which sorts after all of their characters. */
function besideKey(key: string): string {
  return `${key}/~upload`;
}

/** The key of the object that a writer's resumable upload becomes: hidden, in the folder of the file. */
export function sessionKey(key: string, id: string): string {
  return `${key.slice(0, key.lastIndexOf('/') + 1)}~${id}`;
}

/** A key after every key of a storage path that begins with `folderKey`, and before {@link besideKey}. */
export function endOfFolder(folderKey: string): string {
  return `${folderKey}~`;
}

function phaseOf({ metadata }: ObjectInfo): string {
  return valueOf(metadata, 'Stowage-Phase');
}

function offsetOf({ metadata }: ObjectInfo): number {
  return Number(valueOf(metadata, 'Offset')) || 0;
}

/** Some APIs return metadata keys in another case. */
function valueOf(metadata: Readonly<Record<string, string>>, name: string): string {
  const entry = Object.entries(metadata).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return entry?.[1] ?? '';
}
