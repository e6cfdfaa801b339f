import { algorithmOf, type Digest, digestAlgorithm, parseDigest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { parseUploadId, type RepositoryName, type UploadId } from '../../core/model/reference.ts';
import { UploadRangeError, type UploadState } from '../../core/model/upload-state.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { LayerService, StatedUpload } from '../../core/registry/layer-service.ts';
import type { LayerUpload } from '../../core/registry/layer-upload.ts';
import { appendBody, checkDeclaredSize, requireOctetStream } from '../http/chunk.ts';
import { hasBody } from '../http/request-body.ts';
import type { Context } from '../http/request-scope.ts';
import { sendEmpty } from '../http/responses.ts';
import type { MountSources } from './mount-sources.ts';
import { mount } from './mounts.ts';
import type { Handler, Handlers, RouteContext } from './route-context.ts';
import { STATE_PARAMETER, setUploadHeaders } from './upload-headers.ts';

/** What the upload routes depend on. */
export interface UploadServices {
  readonly layers: LayerService;
  readonly tokens: TokenProvider;
  readonly sources: MountSources;
}

/** Where uploads begin: empty, whole in one request, or by mounting a blob of another repository. */
export function uploadRoutes({ layers, tokens, sources }: UploadServices): Handlers<'blob-upload'> {
  return {
    POST: async (context) => {
      const { ctx, name, urls, call } = context;
      if (await mount({ layers, sources }, context)) return;
      const digest = digestOf(ctx);
      const algorithm = digest === undefined ? hintedAlgorithm(ctx) : algorithmOf(digest);
      await using upload = await layers.upload(name, { algorithm, resumable: digest === undefined }, call);
      if (digest === undefined) {
        const state = await upload.close(call);
        await setUploadHeaders(ctx, { tokens, urls }, state).catch(async (error: unknown) => {
          // Without the location, the client cannot continue the upload.
          await upload.cancel(call);
          throw error;
        });
        if (layers.minChunkBytes > 0) ctx.set('OCI-Chunk-Min-Length', String(layers.minChunkBytes));
        return sendEmpty(ctx, 202);
      }
      await finish(context, { upload, digest, sources });
    },
  };
}

/** Where the status of uploads is read, and where uploads are resumed, finished and cancelled. */
export function uploadChunkRoutes({ layers, tokens, sources }: UploadServices): Handlers<'blob-upload-chunk'> {
  const status: Handler<'blob-upload-chunk'> = async ({ ctx, name, parameters, urls, call }) => {
    const uuid = parseUploadId(parameters.uuid);
    // A stored upload is known without its token.
    const stated = await readUpload(ctx, { tokens, name, uuid }).catch((error: unknown) => {
      if (!RegistryError.is(error) || RegistryError.is(error, 'UNAVAILABLE')) throw error;
      return { uuid };
    });
    await setUploadHeaders(ctx, { tokens, urls }, await layers.status(name, stated, call));
    sendEmpty(ctx, 204);
  };
  const readToken = async (ctx: Context, name: RepositoryName, uuid: UploadId): Promise<TokenUpload> => {
    try {
      return await readUpload(ctx, { tokens, name, uuid });
    } catch (error) {
      if (RegistryError.is(error, 'UNAVAILABLE')) throw error;
      // Whether the token is valid or not, an upload that does not exist must be reported as unknown.
      const state = await layers.status(name, { uuid }, ctx.state.scope).catch((unknown: unknown) => {
        const reason = RegistryError.is(error) ? error.detail?.['reason'] : undefined;
        if (!RegistryError.is(unknown, 'BLOB_UPLOAD_UNKNOWN') || reason === undefined) throw unknown;
        throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid, reason });
      });
      // The token provider knows the last offset that it issued, the storage knows the true one.
      throw error instanceof UploadRangeError ? new UploadRangeError(state, error.detail ?? {}) : error;
    }
  };
  return {
    GET: status,
    HEAD: status,
    PATCH: async ({ ctx, name, parameters, urls, call }) => {
      const stated = await readToken(ctx, name, parseUploadId(parameters.uuid));
      requireOctetStream(ctx);
      await using upload = await layers.resume(name, stated, call);
      await appendBody(ctx, upload);
      await setUploadHeaders(ctx, { tokens, urls }, await upload.close(call));
      sendEmpty(ctx, 202);
    },
    PUT: async (context) => {
      const { ctx, name, parameters, call } = context;
      const stated = await readToken(ctx, name, parseUploadId(parameters.uuid));
      const digest = digestOf(ctx);
      if (digest === undefined) {
        throw new RegistryError('DIGEST_INVALID', { reason: 'the query must contain the digest of the whole blob' });
      }
      await using upload = await layers.resumeToFinish(name, { ...stated, digest }, call);
      await finish(context, { upload, digest, sources });
    },
    DELETE: async ({ ctx, name, parameters, call }) => {
      const uuid = parseUploadId(parameters.uuid);
      const { begunAt } = await readToken(ctx, name, uuid);
      await using upload = await layers.resume(name, { uuid, begunAt }, call);
      await upload.cancel(call);
      ctx.set('Docker-Upload-UUID', uuid);
      sendEmpty(ctx, 204);
    },
  };
}

async function finish(
  { ctx, name, urls, call, grant }: RouteContext<'blob-upload' | 'blob-upload-chunk'>,
  {
    upload,
    digest,
    sources,
  }: { readonly upload: LayerUpload; readonly digest: Digest; readonly sources: MountSources },
): Promise<void> {
  // An empty body with a range is a chunk with a wrong length.
  if (hasBody(ctx) || ctx.get('Content-Range') !== '') await appendBody(ctx, upload);
  checkDeclaredSize(ctx, upload.size);
  const { size } = await upload.finish(digest, call);
  sources.note(name, digest, grant);
  ctx.state.scope.content = { repository: name, digest, size };
  ctx.set('Location', urls.blob(name, digest));
  ctx.set('Docker-Content-Digest', digest);
  sendEmpty(ctx, 201);
}

/** What the token of the request says of the upload in its path. */
interface TokenUpload extends StatedUpload {
  readonly offset: number;
  readonly algorithm?: string | undefined;
}

async function readUpload(
  ctx: Context,
  { tokens, name, uuid }: { tokens: TokenProvider; name: RepositoryName; uuid: UploadId },
): Promise<TokenUpload> {
  const token = ctx.state.query.first(STATE_PARAMETER);
  if (token === undefined) {
    const reason = `the query lacks ${STATE_PARAMETER}; use the whole URL of the last Location`;
    throw new RegistryError('BLOB_UPLOAD_INVALID', { reason });
  }
  const isOfThis = (state: UploadState): boolean => state.name === name && state.uuid === uuid;
  try {
    const state = await tokens.read(token);
    const { offset, startedAt, algorithm } = state;
    if (isOfThis(state)) return { uuid, offset, algorithm, begunAt: offset === 0 ? startedAt : undefined };
  } catch (error) {
    if (!(error instanceof UploadRangeError) || isOfThis(error.state)) throw error;
  }
  throw new RegistryError('BLOB_UPLOAD_INVALID', { reason: `${STATE_PARAMETER} belongs to another upload` });
}

function digestOf(ctx: Context): Digest | undefined {
  const text = ctx.state.query.first('digest');
  return text === undefined ? undefined : parseDigest(text);
}

function hintedAlgorithm(ctx: Context): string | undefined {
  const name = ctx.state.query.first('digest-algorithm');
  return name === undefined ? undefined : digestAlgorithm(name).name;
}
