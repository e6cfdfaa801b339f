import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { CallContext } from '../call-context.ts';
import type { Layer } from '../layer.ts';
import type { FinishedUpload, LayerService, ResumedUpload, StatedUpload, UploadOptions } from '../layer-service.ts';
import type { LayerUpload } from '../layer-upload.ts';

/** Forwards every call to another service; a decorator overrides what it changes. */
export class ForwardingLayerService implements LayerService {
  protected readonly inner: LayerService;

  constructor(inner: LayerService) {
    this.inner = inner;
  }

  get minChunkBytes(): number {
    return this.inner.minChunkBytes;
  }

  exists(name: RepositoryName, digest: Digest, context?: CallContext): Promise<boolean> {
    return this.inner.exists(name, digest, context);
  }

  stat(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Descriptor> {
    return this.inner.stat(name, digest, context);
  }

  fetch(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Layer> {
    return this.inner.fetch(name, digest, context);
  }

  upload(name: RepositoryName, options?: UploadOptions, context?: CallContext): Promise<LayerUpload> {
    return this.inner.upload(name, options, context);
  }

  resume(name: RepositoryName, upload: ResumedUpload, context?: CallContext): Promise<LayerUpload> {
    return this.inner.resume(name, upload, context);
  }

  resumeToFinish(name: RepositoryName, upload: FinishedUpload, context?: CallContext): Promise<LayerUpload> {
    return this.inner.resumeToFinish(name, upload, context);
  }

  status(name: RepositoryName, upload: StatedUpload, context?: CallContext): Promise<UploadState> {
    return this.inner.status(name, upload, context);
  }

  mount(
    name: RepositoryName,
    digest: Digest,
    from: RepositoryName | '*',
    context?: CallContext,
  ): Promise<Descriptor | undefined> {
    return this.inner.mount(name, digest, from, context);
  }

  delete(name: RepositoryName, digest: Digest, context?: CallContext): Promise<void> {
    return this.inner.delete(name, digest, context);
  }
}
