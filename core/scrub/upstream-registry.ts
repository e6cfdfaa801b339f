import { Readable } from 'node:stream';
import type { Digest } from '../digest/digest.ts';
import type { ReadStream } from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Registry } from '../registry/registry.ts';
import type { ContentPlace, ContentSource, SourceReadOptions } from './content-source.ts';
import type { LinkingRepositories } from './linking-repositories.ts';

/** How many repositories are asked for one digest. */
const MAX_REPOSITORIES = 5;
/** So many requests in a row that fail mean that the registry is away, and each may take a minute. */
const MAX_FAILURES_IN_A_ROW = 3;

/** In bytes. No manifest is larger here. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
/**
 * In bytes, for blobs whose size no manifest has stated. Larger ones are repaired when the manifests of their repository
 * are checked.
 */
const MAX_UNSTATED_BYTES = 16 * 1024 * 1024 * 1024;

/** A registry elsewhere, as far as content is read from it. */
export type OpenedUpstream = Pick<Registry, 'layers' | 'manifests'> & AsyncDisposable;

/** It answers, with something that cannot be the content. */
class ContentTooLargeError extends Error {
  override readonly name = 'ContentTooLargeError';
}

/** A registry elsewhere that has the same repositories. */
export interface Upstream {
  /** Its host, for messages. */
  readonly host: string;
  /** Whether it has a repository of this name. */
  readonly isMirrored: (name: RepositoryName) => boolean;
  /** @throws Error that says why it cannot be opened; nothing is sent yet */
  readonly open: () => Promise<OpenedUpstream>;
}

/**
 * A registry elsewhere as a source of content. It is opened when it is first needed, asked for content under the names of
 * the repositories that refer to it here, and given up when it does not answer.
 */
export class UpstreamRegistry implements ContentSource, AsyncDisposable {
  readonly name: string;
  readonly #upstream: Upstream;
  readonly #repositories: Pick<LinkingRepositories, 'find'>;
  #opened: Promise<OpenedUpstream> | undefined;
  #failures = 0;

  constructor(upstream: Upstream, repositories: Pick<LinkingRepositories, 'find'>) {
    this.name = `the registry ${upstream.host}`;
    this.#upstream = upstream;
    this.#repositories = repositories;
  }

  /**
   * What it sends ends with an error as soon as it is larger than the place states, or than 16 GiB where it states nothing.
   * @throws Error when it cannot be opened or asked, or states that the content is larger; at once after three requests in a row that failed
   */
  async read(digest: Digest, { signal, place }: SourceReadOptions): Promise<ReadStream | undefined> {
    if (this.#failures >= MAX_FAILURES_IN_A_ROW) throw new Error(`${this.name} was given up: it does not answer`);
    const { isMirrored } = this.#upstream;
    const isKnown = place !== undefined && isMirrored(place.repository);
    const search = { isWanted: isMirrored, signal: signal ?? new AbortController().signal };
    const places = place === undefined ? this.#repositories.find(digest, search) : isKnown ? [place] : [];
    let asked = 0;
    for await (const each of places) {
      const found = await this.#ask(digest, each, signal);
      if (found !== undefined) return found;
      asked += 1;
      if (asked === MAX_REPOSITORIES) break;
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const registry = await this.#opened?.catch(() => undefined);
    await registry?.[Symbol.asyncDispose]();
  }

  async #ask(digest: Digest, place: ContentPlace, signal: AbortSignal | undefined): Promise<ReadStream | undefined> {
    try {
      this.#opened ??= this.#upstream.open();
      const found = await readFrom(await this.#opened, { digest, place, signal });
      this.#failures = 0;
      return found;
    } catch (error) {
      signal?.throwIfAborted();
      this.#failures = isAway(error) ? this.#failures + 1 : 0;
      if (isAbsence(error)) return undefined;
      throw new Error(`${this.name}: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function readFrom(
  { layers, manifests }: OpenedUpstream,
  {
    digest,
    place: { repository, kind, size },
    signal,
  }: { readonly digest: Digest; readonly place: ContentPlace; readonly signal: AbortSignal | undefined },
): Promise<ReadStream> {
  const maxBytes = kind === 'manifest' ? MAX_MANIFEST_BYTES : (size ?? MAX_UNSTATED_BYTES);
  if (kind === 'blob') {
    const layer = await layers.fetch(repository, digest, { signal });
    if (layer.descriptor.size > maxBytes) throw tooLarge(maxBytes);
    return Readable.from(atMost(maxBytes, await layer.open({ signal })), { objectMode: false });
  }
  const { bytes } = await manifests.get(repository, { kind: 'digest', digest }, {}, { signal });
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  return Readable.from([bytes], { objectMode: false });
}

/** It is trusted with nothing, so what it sends must not fill the disk before its digest is known. */
async function* atMost(maxBytes: number, stream: ReadStream): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function tooLarge(maxBytes: number): ContentTooLargeError {
  return new ContentTooLargeError(`it sends more than the ${maxBytes} bytes that the content may have`);
}

/** Whether the registry could not be opened, does not answer, or says that it cannot. */
function isAway(error: unknown): boolean {
  if (error instanceof ContentTooLargeError) return false;
  return !RegistryError.is(error) || error.code === 'UNAVAILABLE';
}

function isAbsence(error: unknown): boolean {
  return (['BLOB_UNKNOWN', 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN'] as const).some((code) => RegistryError.is(error, code));
}
