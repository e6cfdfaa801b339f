import type { ReadOptions, ReadStream, RedirectOptions } from '../../core/driver/index.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { Layer } from '../../core/registry/layer.ts';
import type { FileReader } from '../../core/storage/file-reader.ts';
import { pullFrom } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { expectStatus } from '../http/read-failure.ts';
import { blobBytes } from './blob-bytes.ts';
import { ByteStream } from './byte-stream.ts';
import type { RemoteClient } from './remote-client.ts';
import { RemoteReader } from './remote-reader.ts';

/** Smaller bodies are not worth a separate connection. */
const MIN_REUSED_BYTES = 4 * 1024 * 1024;
const NEVER = new AbortController().signal;

/** The read side of a blob of a remote registry. */
export class RemoteLayer implements Layer {
  readonly descriptor: Descriptor;
  readonly #name: RepositoryName;
  readonly #client: RemoteClient;
  readonly #signal: AbortSignal | undefined;

  constructor(
    client: RemoteClient,
    { name, descriptor }: { readonly name: RepositoryName; readonly descriptor: Descriptor },
    { signal }: CallContext,
  ) {
    this.#client = client;
    this.#name = name;
    this.descriptor = descriptor;
    this.#signal = signal;
  }

  /**
   * The stream resumes if its connection breaks. All bytes of a blob are verified as they pass: the last ones are
   * returned only if all are correct; otherwise the stream ends with a TransferError `wrong-digest`. A part of a blob
   * cannot be verified.
   */
  open(options: ReadOptions = {}): Promise<ReadStream> {
    return this.#open(options, { isVerified: true });
  }

  /** Like {@link open}, for a reader that computes the digest itself, which avoids computing it twice. */
  openUnverified(options: ReadOptions = {}): Promise<ReadStream> {
    return this.#open(options, { isVerified: false });
  }

  /**
   * The bytes from `start` (0-based) to the end, unverified, for a reader that has finished with a chunk when it
   * requests the next one: its memory is then reused. Large bodies take a third of the processor time in this way.
   */
  async openReused(options: Omit<ReadOptions, 'end'> = {}): Promise<AsyncIterable<Uint8Array>> {
    const { start = 0, signal = NEVER } = options;
    const { descriptor } = this;
    const end = descriptor.size;
    if (start >= end) return nothing();
    const ask = (position: number): Promise<HttpAnswer> =>
      this.#ask({ position, end, isReused: end - position >= MIN_REUSED_BYTES }, signal);
    const { backoff } = this.#client;
    return blobBytes(await ask(start), { descriptor, start, end, signal, open: ask, backoff, isVerified: false });
  }

  async #open(options: ReadOptions, { isVerified }: { isVerified: boolean }): Promise<ReadStream> {
    const { size } = this.descriptor;
    const start = options.start ?? 0;
    const end = Math.min(options.end ?? size, size);
    const isWhole = start === 0 && end === size;
    const abort = new AbortController();
    const given = [options.signal, this.#signal].filter((signal) => signal !== undefined);
    const signal = AbortSignal.any([abort.signal, ...given]);
    if (start >= end && !isWhole) return new ByteStream(nothing(), abort);
    const ask = (position: number): Promise<HttpAnswer> => this.#ask({ position, end }, signal);
    const bytes = blobBytes(await ask(start), {
      ...{ descriptor: this.descriptor, start, end, signal, open: ask, backoff: this.#client.backoff },
      isVerified: isVerified && isWhole,
    });
    const stream = new ByteStream(bytes, abort);
    const onAbort = (): void => void stream.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', onAbort));
    return stream;
  }

  async reader(): Promise<FileReader> {
    return new RemoteReader(this);
  }

  // The registry may redirect a GET, but only a client that sends one learns the target.
  async redirectUrl(_: RedirectOptions): Promise<URL | undefined> {
    return undefined;
  }

  async #ask(
    { position, end, isReused = false }: { position: number; end: number; isReused?: boolean },
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const isWhole = position === 0 && end === this.descriptor.size;
    const url = this.#client.urls.blob(this.#name, this.descriptor.digest);
    const headers = isWhole ? {} : { range: `bytes=${position}-${end - 1}` };
    return expectStatus(
      await this.#client.send({ method: 'GET', url, headers, access: pullFrom(this.#name), signal, isReused }),
      200,
      206,
    );
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // A range without bytes.
}
