import { RegistryError } from '../../core/errors.ts';
import { parseReference, type Reference } from '../../core/reference.ts';
import type { StoredManifest } from '../../core/registry/manifest-cache.ts';
import type { ManifestService } from '../../core/registry/manifest-service.ts';
import { formatEntityTag, matchesIfNoneMatch } from '../http/entity-tag.ts';
import { readBody } from '../http/request-body.ts';
import type { Context } from '../http/request-scope.ts';
import { sendEmpty } from '../http/responses.ts';
import type { HttpSettings } from '../settings.ts';
import type { Handler, Handlers } from './exchange.ts';

/** Manifests by tag or digest. */
export function manifestRoutes(manifests: ManifestService, settings: HttpSettings): Handlers<'manifest'> {
  const get: Handler<'manifest'> = async ({ ctx, name, parameters }) => {
    const reference = parseKnownReference(parameters.reference);
    sendManifest(ctx, await manifests.get(name, reference));
  };
  return {
    GET: get,
    HEAD: get,
    PUT: async ({ ctx, name, parameters, urls }) => {
      const reference = parseReference(parameters.reference);
      const bytes = await readBody(ctx, settings.maxManifestBytes);
      const { digest } = await manifests.put(name, reference, { bytes, contentType: contentType(ctx) });
      ctx.set('Location', urls.manifest(name, { kind: 'digest', digest }));
      ctx.set('Docker-Content-Digest', digest);
      sendEmpty(ctx, 201);
    },
    DELETE: async ({ ctx, name, parameters }) => {
      await manifests.delete(name, parseReference(parameters.reference));
      sendEmpty(ctx, 202);
    },
  };
}

function sendManifest(ctx: Context, { digest, mediaType, bytes }: StoredManifest): void {
  ctx.set('Docker-Content-Digest', digest);
  ctx.set('ETag', formatEntityTag(digest));
  if (matchesIfNoneMatch(ctx.req.headers['if-none-match'], digest)) return sendEmpty(ctx, 304);
  ctx.status = 200;
  ctx.set('Content-Type', mediaType);
  ctx.body = bytes;
}

// A tag that cannot exist is an unknown manifest (oci.md 1.1 item 2), not a bad request.
function parseKnownReference(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    if (!RegistryError.is(error, 'TAG_INVALID')) throw error;
    throw new RegistryError('MANIFEST_UNKNOWN', { reference: text.slice(0, 256), ...error.detail });
  }
}

// Parameters such as a charset are ignored (distribution-spec, "Pushing Manifests").
function contentType(ctx: Context): string | undefined {
  const [type] = ctx.get('Content-Type').split(';', 1);
  return type?.trim() || undefined;
}
