import type { ReadOptions, ReadStream, RedirectOptions } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { FileReader } from '../../storage/file-reader.ts';
import type { Layer } from '../layer.ts';

/** Forwards every call to another layer; a decorator overrides what it changes. */
export class ForwardingLayer implements Layer {
  protected readonly inner: Layer;

  constructor(inner: Layer) {
    this.inner = inner;
  }

  get descriptor(): Descriptor {
    return this.inner.descriptor;
  }

  open(options?: ReadOptions): Promise<ReadStream> {
    return this.inner.open(options);
  }

  reader(): Promise<FileReader> {
    return this.inner.reader();
  }

  redirectUrl(options: RedirectOptions): Promise<URL | undefined> {
    return this.inner.redirectUrl(options);
  }

  async confirm(): Promise<void> {
    await this.inner.confirm?.();
  }
}
