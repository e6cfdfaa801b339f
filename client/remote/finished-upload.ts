import type { Descriptor } from '../../core/model/descriptor.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import type { Chunk, LayerUpload } from '../../core/registry/layer-upload.ts';
import type { RemoteUploadState } from './remote-upload-state.ts';

/** An upload that was already finished: it can only be finished again. */
export class FinishedUpload implements LayerUpload {
  readonly state: RemoteUploadState;
  readonly #descriptor: Descriptor;

  constructor(name: RepositoryName, descriptor: Descriptor, state: Omit<RemoteUploadState, 'name' | 'offset'>) {
    this.state = { ...state, name, offset: descriptor.size };
    this.#descriptor = descriptor;
  }

  get size(): number {
    return this.#descriptor.size;
  }

  async append({ body, range }: Chunk): Promise<void> {
    if (range !== undefined && range.start === range.end) return;
    for await (const chunk of body) {
      if (chunk.byteLength > 0) throw new UploadRangeError(this.state, { reason: 'the upload is finished' });
    }
  }

  async finish(): Promise<Descriptor> {
    return this.#descriptor;
  }

  async cancel(): Promise<void> {
    // Nothing of it is left.
  }

  async close(): Promise<RemoteUploadState> {
    return this.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // There is nothing to release.
  }
}
