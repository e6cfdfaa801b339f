import { algorithmOf, type Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { OCTET_STREAM } from '../../core/model/media-types.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { Chunk, LayerUpload } from '../../core/registry/layer-upload.ts';
import { pushTo } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { locationOf, withParameter } from '../http/location.ts';
import { expectStatus, readFailure } from '../http/read-failure.ts';
import { StreamedBody } from '../http/streamed-body.ts';
import { TransferError } from '../http/transfer-error.ts';
import type { RemoteClient } from './remote-client.ts';
import type { RemoteUploadState } from './remote-upload-state.ts';
import { uploadedBytes } from './upload-answer.ts';

/** The dependencies of an upload. */
export interface RemoteLayerUploadDependencies {
  readonly client: RemoteClient;
  /** The descriptor of a blob; rejects with `BLOB_UNKNOWN`. */
  readonly stat: (digest: Digest, context: CallContext) => Promise<Descriptor>;
  /** Requests the progress of the upload. */
  readonly status: (state: RemoteUploadState, context: CallContext) => Promise<RemoteUploadState>;
}

/** Options of an upload. */
export interface RemoteLayerUploadOptions {
  /** The smallest chunk that the registry accepts, in bytes, except for the last one; 0 for any. */
  readonly minChunkBytes: number;
  /** Whether a later call can resume it after it is closed. */
  readonly isResumable: boolean;
}

/**
 * The write side of a blob of a remote registry. A request with bytes is sent once: when it fails, {@link close}
 * returns what the registry has, and the caller, who has the bytes, resumes there.
 */
export class RemoteLayerUpload implements LayerUpload {
  readonly minChunkBytes: number;
  readonly #dependencies: RemoteLayerUploadDependencies;
  readonly #isResumable: boolean;
  #state: RemoteUploadState;
  /** `uncertain` after a failed request that carried bytes. */
  #progress: 'known' | 'uncertain' | 'ended' = 'known';

  constructor(
    dependencies: RemoteLayerUploadDependencies,
    state: RemoteUploadState,
    { minChunkBytes, isResumable }: RemoteLayerUploadOptions,
  ) {
    this.#dependencies = dependencies;
    this.#state = state;
    this.minChunkBytes = minChunkBytes;
    this.#isResumable = isResumable;
  }

  /** Bytes that the registry has confirmed. */
  get size(): number {
    return this.#state.offset;
  }

  get state(): RemoteUploadState {
    return this.#state;
  }

  /**
   * Sends a chunk by PATCH. With a range, its length and position are sent as well.
   * @throws RemoteError `BLOB_UPLOAD_UNKNOWN`
   * @throws the reason of the signal, or the error of the body; bytes that arrived are kept
   */
  async append(chunk: Chunk, context: CallContext = {}): Promise<void> {
    if (chunk.range !== undefined && chunk.range.end === chunk.range.start) return;
    const { answer, body } = await this.#sendBytes('PATCH', this.#state.location, { chunk, context });
    if (![202, 201, 204, 200].includes(answer.status)) throw await this.#failure(answer);
    await answer.drop();
    const offset = this.size + body.sent;
    const location = answer.header('location') === undefined ? this.#state.location : locationOf(answer);
    const has = uploadedBytes(answer);
    this.#state = { ...this.#state, location, offset: Math.min(has ?? offset, offset) };
    this.#progress = 'known';
    // One byte and none look alike in the header.
    if (has !== undefined && has < offset && offset > 1) {
      throw new UploadRangeError(this.#state, { reason: 'the registry accepted only a part of the chunk' });
    }
  }

  /** Finishes the upload with a PUT without bytes, which is repeated if that is safe. */
  async finish(digest: Digest, context: CallContext = {}): Promise<Descriptor> {
    const { client } = this.#dependencies;
    const url = withParameter(this.#state.location, 'digest', digest);
    const headers = { 'content-type': OCTET_STREAM };
    const request = { method: 'PUT', url, headers, endsUpload: true } as const;
    const answer = await client.send({ ...request, access: this.#access, signal: context.signal });
    // An earlier attempt can have finished it although its answer was lost.
    if (answer.status === 404 && answer.attempts > 1) return this.#endedBefore(answer, digest, context);
    return this.#finished(answer, { digest, size: this.size });
  }

  /** Sends the last bytes and finishes the upload in one request. */
  async finishWith(chunk: Chunk, digest: Digest, context: CallContext = {}): Promise<Descriptor> {
    const url = withParameter(this.#state.location, 'digest', digest);
    const { answer, body } = await this.#sendBytes('PUT', url, { chunk, context });
    return this.#finished(answer, { digest, size: this.size + body.sent });
  }

  async cancel(context: CallContext = {}): Promise<void> {
    const { client } = this.#dependencies;
    this.#progress = 'ended';
    const { location: url } = this.#state;
    const answer = await client.send({ method: 'DELETE', url, access: this.#access, signal: context.signal });
    if (answer.status === 404) await answer.drop();
    else await (await expectStatus(answer, 204, 200, 202)).drop();
  }

  /** Returns the state that resumes the upload; after a failed request, the registry is asked for its progress. */
  async close(context: CallContext = {}): Promise<RemoteUploadState> {
    if (this.#progress === 'uncertain') {
      this.#state = await this.#dependencies.status(this.#state, context);
      this.#progress = 'known';
    }
    await this[Symbol.asyncDispose]();
    return this.#state;
  }

  /** Never rejects: the remains of an upload expire in the registry. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isResumable || this.#progress === 'ended') return;
    await this.cancel().catch(() => undefined);
  }

  get #access() {
    return pushTo(this.#state.name);
  }

  async #sendBytes(
    method: 'PATCH' | 'PUT',
    url: string,
    { chunk, context }: { chunk: Chunk; context: CallContext },
  ): Promise<{ answer: HttpAnswer; body: StreamedBody }> {
    const { range } = chunk;
    if (range !== undefined && range.start !== this.size) {
      throw new UploadRangeError(this.#state, { start: range.start, reason: 'the chunk does not begin there' });
    }
    const length = range === undefined ? undefined : range.end - range.start;
    const body = new StreamedBody(chunk.body, length);
    const isPart = range !== undefined && length !== 0 && (method === 'PATCH' || range.start > 0);
    const place = isPart ? { 'content-range': `${range.start}-${range.end - 1}` } : {};
    this.#progress = 'uncertain';
    const headers = { 'content-type': OCTET_STREAM, ...place };
    const { client } = this.#dependencies;
    try {
      const request = { method, url, headers, body, endsUpload: method === 'PUT' };
      const answer = await client.send({ ...request, access: this.#access, signal: context.signal });
      return { answer, body };
    } catch (error) {
      if (!(error instanceof TransferError && error.reason === 'wrong-size')) throw error;
      throw new RegistryError('SIZE_INVALID', { length, sent: body.sent }, { cause: error });
    }
  }

  async #endedBefore(answer: HttpAnswer, digest: Digest, context: CallContext): Promise<Descriptor> {
    const failure = await readFailure(answer);
    try {
      return this.#end(await this.#dependencies.stat(digest, context));
    } catch (error) {
      throw RegistryError.is(error, 'BLOB_UNKNOWN') ? failure : error;
    }
  }

  async #finished(answer: HttpAnswer, { digest, size }: { digest: Digest; size: number }): Promise<Descriptor> {
    if (![201, 200, 204].includes(answer.status)) throw await this.#failure(answer);
    await answer.drop();
    const given = answer.header('docker-content-digest');
    // The digest may use another algorithm.
    if (given !== undefined && given !== digest && given.startsWith(`${algorithmOf(digest)}:`)) {
      throw new TransferError('wrong-digest', answer.request, `the registry stored ${given} instead of ${digest}`);
    }
    return this.#end({ mediaType: OCTET_STREAM, digest, size });
  }

  #end(descriptor: Descriptor): Descriptor {
    this.#progress = 'ended';
    return descriptor;
  }

  async #failure(answer: HttpAnswer): Promise<Error> {
    const error = await readFailure(answer);
    if (answer.status !== 416) return error;
    const location = answer.header('location') === undefined ? this.#state.location : locationOf(answer);
    this.#state = { ...this.#state, location, offset: uploadedBytes(answer) ?? this.size };
    return new UploadRangeError(this.#state, { reason: error.message }, { cause: error });
  }
}
