import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { OCTET_STREAM } from '../../core/model/media-types.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { LayerService, UploadOptions } from '../../core/registry/layer-service.ts';
import type { LayerUpload } from '../../core/registry/layer-upload.ts';
import { deleteFrom, pullFrom, pushTo } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { locationOf } from '../http/location.ts';
import { expectStatus } from '../http/read-failure.ts';
import { TransferError } from '../http/transfer-error.ts';
import { FinishedUpload } from './finished-upload.ts';
import { HeadRequests } from './head-requests.ts';
import type { RemoteClient } from './remote-client.ts';
import { RemoteLayer } from './remote-layer.ts';
import { RemoteLayerUpload } from './remote-layer-upload.ts';
import type { RemoteUploadState, ResumedRemoteUpload } from './remote-upload-state.ts';
import { minChunkBytes, uploadedBytes, uploadIdOf } from './upload-answer.ts';

/** The blob to mount, or otherwise to upload. */
export interface MountOrUploadOptions {
  readonly digest: Digest;
  /** The source; `*` means any repository that has it. */
  readonly from: RepositoryName | '*';
  /** Whether a later call can resume the upload after it is closed; default `true`. */
  readonly resumable?: boolean;
}

/** Either the mounted blob, or the upload that was begun instead. */
export interface MountedOrUpload {
  readonly mounted?: Descriptor;
  readonly upload?: RemoteLayerUpload;
}

/** The blobs of a remote registry. */
export class RemoteLayerService implements LayerService {
  readonly #client: RemoteClient;
  readonly #heads: HeadRequests;
  #minChunkBytes = 0;

  constructor(client: RemoteClient) {
    this.#client = client;
    this.#heads = new HeadRequests(client);
  }

  /** What the registry stated for the last upload that was begun or resumed; 0 before. */
  get minChunkBytes(): number {
    return this.#minChunkBytes;
  }

  async exists(name: RepositoryName, digest: Digest, context: CallContext = {}): Promise<boolean> {
    const answer = await this.#head(name, digest, context);
    await answer.drop();
    if (answer.status === 404) return false;
    await expectStatus(answer, 200);
    return true;
  }

  async stat(name: RepositoryName, digest: Digest, context: CallContext = {}): Promise<Descriptor> {
    const answer = await expectStatus(await this.#head(name, digest, context), 200);
    await answer.drop();
    const size = answer.contentLength;
    if (size === undefined)
      throw new TransferError('malformed', answer.request, 'the answer does not state the size of the blob');
    return { mediaType: OCTET_STREAM, digest, size };
  }

  async fetch(name: RepositoryName, digest: Digest, context: CallContext = {}): Promise<RemoteLayer> {
    return this.known(name, await this.stat(name, digest, context), context);
  }

  /**
   * The read side of a blob of known size, for example from a manifest. No request is sent before it is opened; opening
   * rejects with `BLOB_UNKNOWN`, or with a TransferError `wrong-size` when the blob has another size.
   */
  known(name: RepositoryName, descriptor: Descriptor, context: CallContext = {}): RemoteLayer {
    return new RemoteLayer(this.#client, { name, descriptor }, context);
  }

  async upload(
    name: RepositoryName,
    { algorithm, resumable = true }: UploadOptions = {},
    context: CallContext = {},
  ): Promise<RemoteLayerUpload> {
    const hint = algorithm === undefined || algorithm === 'sha256' ? undefined : algorithm;
    const url = this.#client.urls.upload(name, { 'digest-algorithm': hint });
    const access = pushTo(name);
    const answer = await expectStatus(
      await this.#client.send({ method: 'POST', url, access, signal: context.signal }),
      ...[202, 200, 204],
    );
    await answer.drop();
    return this.#begun(name, answer, { algorithm, resumable });
  }

  async resume(
    name: RepositoryName,
    upload: ResumedRemoteUpload,
    context: CallContext = {},
  ): Promise<RemoteLayerUpload> {
    const state = await this.status(name, upload, context);
    const { offset, algorithm, minChunkBytes: least = 0 } = upload;
    this.#minChunkBytes = Math.max(this.#minChunkBytes, least);
    if (offset !== undefined && offset !== state.offset) {
      throw new UploadRangeError(state, { offset, reason: 'the upload has another size' });
    }
    return this.#open({ ...state, ...(algorithm && { algorithm }) }, true);
  }

  async resumeToFinish(
    name: RepositoryName,
    upload: ResumedRemoteUpload & { readonly offset: number; readonly digest: Digest },
    context: CallContext = {},
  ): Promise<LayerUpload> {
    try {
      return await this.resume(name, upload, context);
    } catch (error) {
      if (!RegistryError.is(error, 'BLOB_UPLOAD_UNKNOWN')) throw error;
      if (!(await this.exists(name, upload.digest, context))) throw error;
      const { uuid, location = this.#client.urls.uploadChunk(name, uuid), begunAt = new Date() } = upload;
      return new FinishedUpload(name, await this.stat(name, upload.digest, context), {
        ...{ uuid, location },
        startedAt: begunAt,
      });
    }
  }

  async status(
    name: RepositoryName,
    { uuid, location, begunAt }: ResumedRemoteUpload,
    { signal }: CallContext = {},
  ): Promise<RemoteUploadState> {
    const url = location ?? this.#client.urls.uploadChunk(name, uuid);
    const answer = await expectStatus(
      await this.#client.send({ method: 'GET', url, access: pushTo(name), signal }),
      ...[204, 200, 202],
    );
    await answer.drop();
    const offset = uploadedBytes(answer);
    if (offset === undefined)
      throw new TransferError('malformed', answer.request, 'the answer does not state the progress of the upload');
    const next = answer.header('location') === undefined ? answer.url.href : locationOf(answer);
    return { name, uuid, offset, location: next, startedAt: begunAt ?? new Date() };
  }

  async mount(
    name: RepositoryName,
    digest: Digest,
    from: RepositoryName | '*',
    context: CallContext = {},
  ): Promise<Descriptor | undefined> {
    const { mounted, upload } = await this.mountOrUpload(name, { digest, from, resumable: false }, context);
    try {
      await upload?.cancel(context);
    } catch {
      // The remains of the upload expire.
      context.signal?.throwIfAborted();
    }
    return mounted;
  }

  /** Mounts a blob; a registry that cannot mount it begins an upload in the same request. */
  async mountOrUpload(
    name: RepositoryName,
    { digest, from, resumable = true }: MountOrUploadOptions,
    context: CallContext = {},
  ): Promise<MountedOrUpload> {
    const source = from === '*' ? undefined : from;
    const url = this.#client.urls.upload(name, { mount: digest, from: source });
    const access = pushTo(name, source);
    const answer = await this.#client.send({ method: 'POST', url, access, signal: context.signal });
    if (answer.status === 201) {
      await answer.drop();
      return { mounted: await this.stat(name, digest, context) };
    }
    await (await expectStatus(answer, 202)).drop();
    return { upload: this.#begun(name, answer, { resumable }) };
  }

  async delete(name: RepositoryName, digest: Digest, { signal }: CallContext = {}): Promise<void> {
    const url = this.#client.urls.blob(name, digest);
    const answer = await this.#client.send({ method: 'DELETE', url, access: deleteFrom(name), signal });
    // An earlier attempt can have removed it although its answer was lost.
    if (answer.status === 404 && answer.attempts > 1) return answer.drop();
    await (await expectStatus(answer, 202, 200, 204)).drop();
  }

  #open(state: RemoteUploadState, isResumable: boolean): RemoteLayerUpload {
    const { name } = state;
    return new RemoteLayerUpload(
      {
        client: this.#client,
        stat: (digest, context) => this.stat(name, digest, context),
        status: (upload, context) => this.status(name, upload, context),
      },
      state,
      { minChunkBytes: this.#minChunkBytes, isResumable },
    );
  }

  #begun(name: RepositoryName, answer: HttpAnswer, { algorithm, resumable = true }: UploadOptions): RemoteLayerUpload {
    this.#minChunkBytes = minChunkBytes(answer);
    const location = locationOf(answer);
    const uuid = uploadIdOf(answer, location);
    const state = { name, uuid, location, offset: 0, startedAt: new Date(), ...(algorithm && { algorithm }) };
    return this.#open(state, resumable);
  }

  #head(name: RepositoryName, digest: Digest, { signal }: CallContext): Promise<HttpAnswer> {
    return this.#heads.send({ url: this.#client.urls.blob(name, digest), access: pullFrom(name), signal });
  }
}
