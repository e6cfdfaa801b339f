import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { CallContext } from '../call-context.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';

/** Forwards every call to another upload, which it owns; a decorator overrides what it changes. */
export class ForwardingLayerUpload implements LayerUpload {
  protected readonly inner: LayerUpload;

  constructor(inner: LayerUpload) {
    this.inner = inner;
  }

  get size(): number {
    return this.inner.size;
  }

  get state(): UploadState {
    return this.inner.state;
  }

  append(chunk: Chunk, context?: CallContext): Promise<void> {
    return this.inner.append(chunk, context);
  }

  finish(digest: Digest, context?: CallContext): Promise<Descriptor> {
    return this.inner.finish(digest, context);
  }

  cancel(context?: CallContext): Promise<void> {
    return this.inner.cancel(context);
  }

  close(context?: CallContext): Promise<UploadState> {
    return this.inner.close(context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.inner[Symbol.asyncDispose]();
  }
}
