import { DriverError } from '../../core/driver/index.ts';
import { type Bucket, deleteGeneration } from './bucket.ts';
import { decodeCrc32c, encodeCrc32c } from './crc32c.ts';
import { hasStatus } from './failures.ts';
import type { ObjectInfo } from './object-info.ts';

/** An object of this type stands for an upload that is not committed; distribution uses the same. */
const MARKER_TYPE = 'application/x-docker-upload-session';

/** Whether an object only keeps the state of an upload. Nobody sees it as a file. */
export function isMarker(object: { readonly contentType: string }): boolean {
  return object.contentType === MARKER_TYPE;
}

/** What a later writer needs to go on. */
export interface UploadState {
  /** The resumable upload; `undefined` before the first 256 KiB. */
  readonly session: SessionState | undefined;
  /** How many bytes the resumable upload has. */
  readonly offset: number;
  /** The bytes behind those: too few for the resumable upload. */
  readonly tail: readonly Uint8Array[];
  /** Of all bytes; `undefined` when a distribution has written some of them. */
  readonly checksum: number | undefined;
}

/** Where the bytes of a resumable upload are sent, and what they get to be. */
export interface SessionState {
  readonly url: string;
  /** The key of the object, in which nobody looks; `undefined` when it is the key of the upload itself, as in a distribution. */
  readonly objectKey: string | undefined;
}

/** The state of an upload without a byte. */
export const NO_BYTES: UploadState = { session: undefined, offset: 0, tail: [], checksum: 0 };

/** Which marker a writer goes on with: the one that it must find again. */
export interface KeptMarker {
  readonly key: string;
  readonly generation: string;
}

/** Who writes a marker, and what that means: `open` claims the upload, `closed` gives it back, `ended` takes it away. */
export interface MarkerClaim {
  /** Random, one for each writer: by it a writer recognises its own marker when an answer was lost. */
  readonly writer: string;
  readonly phase: 'open' | 'closed' | 'ended';
}

/** An upload as its marker has it. */
export interface KeptUpload {
  readonly state: UploadState;
  readonly marker: KeptMarker;
  /** Whether a writer has claimed it and not given it back. */
  readonly isOpen: boolean;
}

/** What a writer that appends begins with. */
export type FoundUpload = KeptUpload | 'empty' | 'committed' | undefined;

/**
 * Keeps the state of uploads in the bucket, in distribution's form: an object at the key of the upload, whose metadata
 * name the session and its offset and whose content is the tail. One that would hide committed content lies beside it.
 * Each change names the generation that it replaces, so that of several writers one gets the upload.
 */
export class UploadMarkers {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** @returns `empty` and `committed` for committed content without and with bytes, `undefined` when nothing is there */
  async load(key: string, signal?: AbortSignal): Promise<FoundUpload> {
    const object = await this.#bucket.stat(key, signal);
    if (object === undefined) return undefined;
    if (isMarker(object)) return this.#parse(object, signal);
    const aside = await this.#bucket.stat(besideKey(key), signal);
    const found = aside?.metadata['Stowage-Over'] === object.generation ? await this.#parse(aside, signal) : undefined;
    return found ?? (object.size === 0 ? 'empty' : 'committed');
  }

  /**
   * Keeps the state of an upload.
   * @param known the marker that this state goes on from; without it, whatever upload was there is dropped
   * @throws StatusError 412 when another writer went on from `known`, too
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
      return found !== undefined && !isMarker(found)
        ? this.#put(besideKey(key), state, { claim, over: found.generation })
        : this.#put(key, state, { claim, ifGeneration: found?.generation ?? '0' });
    }
  }

  /** Whether no other writer has gone on from the marker. */
  async isCurrent(marker: KeptMarker): Promise<boolean> {
    return (await this.#bucket.stat(marker.key))?.generation === marker.generation;
  }

  /** Drops the upload at `key`, never committed content and nothing that came behind `known`. */
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
      throw new DriverError('conflict', { cause: new Error('another writer came first', { cause: error }) });
    }
  }
}

/** How many bytes a marker acknowledges; `undefined` when the upload has ended. */
export function acknowledgedBytes(marker: ObjectInfo): number | undefined {
  return phaseOf(marker) === 'ended' ? undefined : offsetOf(marker) + marker.size;
}

/** No storage path has a `~`, and in byte order it comes behind all that paths have. */
function besideKey(key: string): string {
  return `${key}/~upload`;
}

/** Where the resumable upload of one writer gets, in the folder of the file, in which nobody sees it. */
export function sessionKey(key: string, id: string): string {
  return `${key.slice(0, key.lastIndexOf('/') + 1)}~${id}`;
}

/** Behind every key of a storage path that begins with `folderKey`, and before {@link besideKey}. */
export function endOfFolder(folderKey: string): string {
  return `${folderKey}~`;
}

function phaseOf({ metadata }: ObjectInfo): string {
  return valueOf(metadata, 'Stowage-Phase');
}

function offsetOf({ metadata }: ObjectInfo): number {
  return Number(valueOf(metadata, 'Offset')) || 0;
}

/** Metadata keys come back in other cases from some interfaces. */
function valueOf(metadata: Readonly<Record<string, string>>, name: string): string {
  const entry = Object.entries(metadata).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return entry?.[1] ?? '';
}
