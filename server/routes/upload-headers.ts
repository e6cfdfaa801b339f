import type { UrlBuilder } from '../../core/api/url-builder.ts';
import type { UploadState } from '../../core/model/upload-state.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { Context } from '../http/request-scope.ts';

/** The query parameter that carries the upload token, as in distribution. */
export const STATE_PARAMETER = '_state';

/** Sets the location and the progress of an upload, which every answer about an upload has. */
export async function setUploadHeaders(
  ctx: Context,
  { tokens, urls }: { readonly tokens: TokenProvider; readonly urls: UrlBuilder },
  state: UploadState,
): Promise<void> {
  const token = await tokens.issue(state);
  ctx.set('Location', urls.uploadChunk(state.name, state.uuid, { [STATE_PARAMETER]: token }));
  // Old docker clients refuse an end before the start, so an empty upload says 0-0, too.
  ctx.set('Range', `0-${Math.max(0, state.offset - 1)}`);
  ctx.set('Docker-Upload-UUID', state.uuid);
}
