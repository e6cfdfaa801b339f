import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { CallContext } from '../call-context.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';
import type { UploadTraces } from './upload-traces.ts';

/** Lets operators see that bytes of an upload arrive, and end the request that sends them. */
export class TracedUpload implements LayerUpload {
  readonly #inner: LayerUpload;
  readonly #traces: UploadTraces;

  constructor(inner: LayerUpload, traces: UploadTraces) {
    this.#inner = inner;
    this.#traces = traces;
  }

  get size(): number {
    return this.#inner.size;
  }

  get state(): UploadState {
    return this.#inner.state;
  }

  /** @throws RegistryError `BLOB_UPLOAD_UNKNOWN` when an operator cancels the upload meanwhile; it has been removed then */
  async append(chunk: Chunk, context: CallContext = {}): Promise<void> {
    const { uuid } = this.#inner.state;
    const { signal: given, actor } = context;
    const cancelling = new AbortController();
    const signal = given === undefined ? cancelling.signal : AbortSignal.any([given, cancelling.signal]);
    const end = this.#traces.begin(uuid, {
      owner: actor?.name,
      size: () => this.#inner.size,
      cancel: () => cancelling.abort(cancelledUpload(uuid)),
    });
    try {
      await this.#inner.append(chunk, { signal });
    } catch (error) {
      if (!cancelling.signal.aborted) throw error;
      // What this request cannot remove, the operator's does.
      await this.#inner.cancel().catch(() => undefined);
      throw cancelledUpload(uuid);
    } finally {
      end();
    }
  }

  finish(digest: Digest, context?: CallContext): Promise<Descriptor> {
    return this.#inner.finish(digest, context);
  }

  cancel(context?: CallContext): Promise<void> {
    return this.#inner.cancel(context);
  }

  close(context?: CallContext): Promise<UploadState> {
    return this.#inner.close(context);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }
}

function cancelledUpload(uuid: string): RegistryError {
  return new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid, reason: 'an operator has cancelled the upload' });
}
