import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { RemoteError } from '../http/remote-error.ts';
import type { IncomingBlob, ObjectStore, ReadContext, WriteStep } from '../stores/object-store.ts';
import { StoreError } from '../stores/store-error.ts';
import type { BlobOutcome, CopyEvent } from './copy-event.ts';
import type { PlannedBlob } from './image-plan.ts';
import { resumingBody } from './resuming-body.ts';

/** The stores between which blobs are moved. */
export interface BlobTransferDependencies {
  readonly source: ObjectStore;
  readonly target: ObjectStore;
  readonly emit: (event: CopyEvent) => void;
}

/** How blobs are moved. */
export interface BlobTransferOptions {
  readonly retries: number;
  readonly dryRun: boolean;
}

/**
 * Moves single blobs to the target, each in the cheapest way: not at all, by a mount, only the missing part, or whole.
 */
export class BlobTransfer {
  /** The bytes moved by all transfers. */
  bytes = 0;
  readonly #dependencies: BlobTransferDependencies;
  readonly #options: BlobTransferOptions;

  constructor(dependencies: BlobTransferDependencies, options: BlobTransferOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /** Reports its steps as events, including the failure that it throws. */
  async run(planned: PlannedBlob, signal: AbortSignal): Promise<void> {
    const { emit } = this.#dependencies;
    const blob = planned.descriptor;
    emit({ type: 'blob-begun', blob });
    try {
      const how = await this.#move(planned, signal);
      emit({ type: 'blob-done', blob, how });
    } catch (error) {
      emit({ type: 'blob-failed', blob, error });
      throw error;
    }
  }

  async #move({ descriptor, isExternal }: PlannedBlob, signal: AbortSignal): Promise<BlobOutcome> {
    const { source, target } = this.#dependencies;
    if (isExternal) return 'external';
    // A blob that a crash truncated is written again.
    if ((await target.blobSize(descriptor.digest, { signal })) === descriptor.size) return 'exists';
    if (this.#options.dryRun) return 'planned';
    if ((await target.mountBlob?.(descriptor, source, { signal })) === true) return 'mounted';
    await target.writeBlob(this.#incoming(descriptor), { signal });
    return 'copied';
  }

  #incoming(blob: Descriptor): IncomingBlob {
    const { source, emit } = this.#dependencies;
    const { retries } = this.#options;
    return {
      descriptor: blob,
      open: async (start, context) => {
        const { signal } = context;
        const open = (from: number): Promise<AsyncIterable<Uint8Array>> =>
          openBlob(source, blob, { ...context, start: from });
        const onRetry = (offset: number, error: unknown): void => emit({ type: 'blob-retried', blob, offset, error });
        return this.#counted(resumingBody(open, { blob, start, retries, signal, onRetry }));
      },
      report: (step) => emit(eventOf(step, blob)),
    };
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of body) {
      this.bytes += bytes.byteLength;
      yield bytes;
    }
  }
}

/** @throws StoreError `damaged` when a folder, an archive or a storage lacks a blob of its image */
async function openBlob(
  source: ObjectStore,
  blob: Descriptor,
  { start, ...context }: ReadContext & { readonly start: number },
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await source.openBlob(blob, start, context);
  } catch (cause) {
    // The error of a remote registry says more.
    if (!RegistryError.is(cause, 'BLOB_UNKNOWN') || cause instanceof RemoteError) throw cause;
    const { digest } = blob;
    throw new StoreError('damaged', `${source.label} is damaged: it lacks the blob ${digest} of the image`, {
      detail: { digest },
      hint: 'copy the image into it again',
      cause,
    });
  }
}

function eventOf(step: WriteStep, blob: Descriptor): CopyEvent {
  switch (step.type) {
    case 'resumed':
      return { type: 'blob-resumed', blob, offset: step.offset };
    case 'progress':
      return { type: 'blob-progress', blob, bytes: step.bytes };
    case 'chunked':
      return { type: 'blob-chunked', blob, chunkBytes: step.chunkBytes };
  }
}
