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
  /** The URL of the resumable upload; `undefined` before the first 256 KiB. */
  readonly session: string | undefined;
  /** How many bytes the resumable upload has. */
  readonly offset: number;
  /** The bytes behind those: too few for the resumable upload. */
  readonly tail: readonly Uint8Array[];
  /** Of all bytes; `undefined` when a distribution has written some of them. */
  readonly checksum: number | undefined;
}

/** Which marker a writer goes on with: the one that it must find again. */
export interface KeptMarker {
  readonly key: string;
  readonly generation: string;
}

/** What a writer that appends begins with. */
export type FoundUpload =
  | { readonly state: UploadState; readonly marker: KeptMarker }
  | 'empty'
  | 'committed'
  | undefined;

/**
 * Keeps the state of uploads in the bucket, in distribution's form: an object at the key of the upload, whose metadata
 * name the session and its offset and whose content is the tail. One that would hide committed content lies beside it.
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
    if (aside?.metadata['Stowage-Over'] === object.generation) return this.#parse(aside, signal);
    return object.size === 0 ? 'empty' : 'committed';
  }

  /**
   * Keeps the state of an upload.
   * @param known the marker that this state goes on from; without it, whatever upload was there is dropped
   * @throws StatusError 412 when another writer went on from `known`, too
   */
  async save(key: string, state: UploadState, known?: KeptMarker): Promise<void> {
    if (known !== undefined) {
      const over = known.key === key ? undefined : (await this.#bucket.stat(key))?.generation;
      await this.#put(known.key, state, { ifGeneration: known.generation, over });
      return;
    }
    try {
      await this.#put(key, state, { ifGeneration: '0' });
    } catch (error) {
      if (!hasStatus(error, 412)) throw error;
      const found = await this.#bucket.stat(key);
      if (found !== undefined && !isMarker(found)) await this.#put(besideKey(key), state, { over: found.generation });
      else await this.#put(key, state, { ifGeneration: found?.generation ?? '0' });
    }
  }

  /** Whether no other writer has gone on from the marker. */
  async isCurrent(marker: KeptMarker): Promise<boolean> {
    return (await this.#bucket.stat(marker.key))?.generation === marker.generation;
  }

  /** Drops the upload at `key`, never committed content. */
  async remove(key: string, known?: KeptMarker): Promise<void> {
    const found = known === undefined ? await this.#bucket.stat(key) : undefined;
    const marker = known ?? (found !== undefined && isMarker(found) ? found : undefined);
    if (marker !== undefined) await deleteGeneration(this.#bucket, marker.key, marker.generation);
  }

  async #put(
    key: string,
    { session = '', offset, tail, checksum }: UploadState,
    { ifGeneration, over }: { readonly ifGeneration?: string; readonly over?: string | undefined },
  ): Promise<void> {
    const metadata = {
      'Session-URI': session,
      Offset: String(offset),
      ...(checksum === undefined ? {} : { 'Stowage-Crc32c': encodeCrc32c(checksum) }),
      ...(over === undefined ? {} : { 'Stowage-Over': over }),
    };
    await this.#bucket.insert(key, { content: tail, contentType: MARKER_TYPE, metadata, ifGeneration });
  }

  async #parse(object: ObjectInfo, signal: AbortSignal | undefined): Promise<FoundUpload> {
    const { key, generation, metadata } = object;
    const session = valueOf(metadata, 'Session-URI');
    const state: UploadState = {
      session: session === '' ? undefined : session,
      offset: Number(valueOf(metadata, 'Offset')) || 0,
      tail: object.size === 0 ? [] : await this.#tail(object, signal),
      checksum: decodeCrc32c(valueOf(metadata, 'Stowage-Crc32c')),
    };
    return { state, marker: { key, generation } };
  }

  async #tail({ key, size, generation }: ObjectInfo, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    return this.#bucket.retries.run(async () => {
      const response = await this.#bucket.openMedia(key, { start: 0, end: size, generation }, signal);
      const chunks: Uint8Array[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      return chunks;
    }, signal);
  }
}

/** No storage path has a `~`, and in byte order it comes behind all that paths have. */
function besideKey(key: string): string {
  return `${key}/~upload`;
}

/** Behind every key of a storage path that begins with `folderKey`, and before {@link besideKey}. */
export function endOfFolder(folderKey: string): string {
  return `${folderKey}~`;
}

/** Metadata keys come back in other cases from some interfaces. */
function valueOf(metadata: Readonly<Record<string, string>>, name: string): string {
  const entry = Object.entries(metadata).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return entry?.[1] ?? '';
}
