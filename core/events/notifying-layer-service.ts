import type { Digest } from '../digest/digest.ts';
import type { ReadOptions, ReadStream, RedirectOptions } from '../driver/index.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';
import { ForwardingLayer } from '../registry/forwarding/forwarding-layer.ts';
import { ForwardingLayerService } from '../registry/forwarding/forwarding-layer-service.ts';
import { ForwardingLayerUpload } from '../registry/forwarding/forwarding-layer-upload.ts';
import type { Layer } from '../registry/layer.ts';
import type { FinishedUpload, LayerService, ResumedUpload, UploadOptions } from '../registry/layer-service.ts';
import type { LayerUpload } from '../registry/layer-upload.ts';
import type { FileReader } from '../storage/file-reader.ts';
import type { EmitEvent } from './registry-events.ts';

/**
 * Reports blobs that are pulled, pushed, mounted and deleted. A pull is reported once per layer: when it is opened,
 * when it returns a redirect URL, or when it serves a request that needs no bytes.
 */
export class NotifyingLayerService extends ForwardingLayerService {
  readonly #emit: EmitEvent;

  constructor(inner: LayerService, emit: EmitEvent) {
    super(inner);
    this.#emit = emit;
  }

  override async fetch(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Layer> {
    const layer = await super.fetch(name, digest, context);
    return new NotifyingLayer(layer, () => {
      this.#emit(name, { action: 'pull', target: 'blob', ...layer.descriptor }, context);
    });
  }

  override async upload(name: RepositoryName, options?: UploadOptions, context?: CallContext): Promise<LayerUpload> {
    return new NotifyingLayerUpload(await super.upload(name, options, context), name, this.#emit);
  }

  override async resume(name: RepositoryName, upload: ResumedUpload, context?: CallContext): Promise<LayerUpload> {
    return new NotifyingLayerUpload(await super.resume(name, upload, context), name, this.#emit);
  }

  override async resumeToFinish(
    name: RepositoryName,
    upload: FinishedUpload,
    context?: CallContext,
  ): Promise<LayerUpload> {
    return new NotifyingLayerUpload(await super.resumeToFinish(name, upload, context), name, this.#emit);
  }

  override async mount(
    name: RepositoryName,
    digest: Digest,
    from: RepositoryName | '*',
    context?: CallContext,
  ): Promise<Descriptor | undefined> {
    const blob = await super.mount(name, digest, from, context);
    const fromRepository = from === '*' ? undefined : from;
    if (blob !== undefined) this.#emit(name, { action: 'mount', target: 'blob', fromRepository, ...blob }, context);
    return blob;
  }

  override async delete(name: RepositoryName, digest: Digest, context?: CallContext): Promise<void> {
    await super.delete(name, digest, context);
    this.#emit(name, { action: 'delete', target: 'blob', digest }, context);
  }
}

class NotifyingLayer extends ForwardingLayer {
  #report: (() => void) | undefined;

  constructor(inner: Layer, report: () => void) {
    super(inner);
    this.#report = report;
  }

  override async open(options?: ReadOptions): Promise<ReadStream> {
    const stream = await super.open(options);
    this.#reportOnce();
    return stream;
  }

  override async reader(): Promise<FileReader> {
    const reader = await super.reader();
    this.#reportOnce();
    return reader;
  }

  override async redirectUrl(options: RedirectOptions): Promise<URL | undefined> {
    const url = await super.redirectUrl(options);
    if (url !== undefined) this.#reportOnce();
    return url;
  }

  override async confirm(): Promise<void> {
    await super.confirm();
    this.#reportOnce();
  }

  #reportOnce(): void {
    this.#report?.();
    this.#report = undefined;
  }
}

class NotifyingLayerUpload extends ForwardingLayerUpload {
  readonly #name: RepositoryName;
  readonly #emit: EmitEvent;

  constructor(inner: LayerUpload, name: RepositoryName, emit: EmitEvent) {
    super(inner);
    this.#name = name;
    this.#emit = emit;
  }

  override async finish(digest: Digest, context?: CallContext): Promise<Descriptor> {
    const blob = await super.finish(digest, context);
    this.#emit(this.#name, { action: 'push', target: 'blob', ...blob }, context);
    return blob;
  }
}
