import { RegistryError } from '../../core/model/errors.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  SCHEMA_1_MANIFEST,
  SCHEMA_1_SIGNED_MANIFEST,
} from '../../core/model/media-types.ts';
import { parseReference, parseTag, type Reference, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import type { GetOptions, ManifestService, StoredManifest } from '../../core/registry/manifest-service.ts';
import { accepts } from '../http/accept.ts';
import { formatEntityTag, matchesIfNoneMatch } from '../http/entity-tag.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { queryTime } from '../http/query-time.ts';
import { readBody } from '../http/request-body.ts';
import type { Context, RequestContent } from '../http/request-scope.ts';
import { sendEmpty } from '../http/responses.ts';
import { setWarnings } from '../http/warning-header.ts';
import type { Handler, Handlers } from './route-context.ts';

/** How many tags one push may set; the specification asks for ten at least. */
const MAX_TAGS_OF_PUSH = 100;
const SCHEMA_1_TYPES = [SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST];

/** Manifests by tag or digest. */
export function manifestRoutes(manifests: ManifestService, settings: HttpSettings): Handlers<'manifest'> {
  const get: Handler<'manifest'> = async ({ ctx, name, parameters, call }) => {
    const reference = parseKnownReference(parameters.reference);
    const asOf = queryTime(ctx.state.query, 'at');
    const options = optionsFor(ctx.req.headers.accept);
    const manifest = await manifests.get(name, reference, asOf ? { ...options, asOf } : options, call);
    const { digest, bytes } = manifest;
    ctx.state.scope.content = contentOf(name, parameters.reference, { digest, bytes });
    sendManifest(ctx, manifest);
  };
  return {
    GET: get,
    HEAD: get,
    PUT: async ({ ctx, name, parameters, urls, call }) => {
      const reference = parseReference(parameters.reference);
      const bytes = await readBody(ctx, { maxBytes: settings.maxManifestBytes, code: 'MANIFEST_TOO_LARGE' });
      const tags = reference.kind === 'digest' ? tagsOf(ctx) : [];
      const manifest = { bytes, contentType: contentType(ctx), tags };
      const { digest, subject, warnings } = await manifests.put(name, reference, manifest, call);
      ctx.state.scope.content = contentOf(name, parameters.reference, { digest, bytes });
      if (tags.length > 0) ctx.set('OCI-Tag', tags.join(', '));
      if (subject !== undefined) ctx.set('OCI-Subject', subject);
      setWarnings(ctx, warnings);
      ctx.set('Location', urls.manifest(name, { kind: 'digest', digest }));
      ctx.set('Docker-Content-Digest', digest);
      sendEmpty(ctx, 201);
    },
    DELETE: async ({ ctx, name, parameters, call }) => {
      const reference = parseReference(parameters.reference);
      await manifests.delete(name, reference, call);
      sendEmpty(ctx, 202);
    },
  };
}

/** What a client cannot read. Clients that are older than schema 2 send no Accept, or name only schema 1. */
function optionsFor(accept: string | undefined): GetOptions {
  const hasSchema2 = accepts(accept, DOCKER_MANIFEST);
  const withoutLists = hasSchema2 && !accepts(accept, DOCKER_MANIFEST_LIST);
  const isOld = (accept ?? '').trim() === '' || (!hasSchema2 && SCHEMA_1_TYPES.some((type) => accepts(accept, type)));
  return isOld ? { withoutLists, withoutSchema2: true } : { withoutLists };
}

function sendManifest(ctx: Context, { digest, mediaType, bytes }: StoredManifest): void {
  ctx.set('Docker-Content-Digest', digest);
  // The digest is that of the signed part; signatures come to it, and those of the registry differ each time.
  if (mediaType !== SCHEMA_1_SIGNED_MANIFEST) {
    ctx.set('ETag', formatEntityTag(digest));
    if (matchesIfNoneMatch(ctx.req.headers['if-none-match'], digest)) return sendEmpty(ctx, 304);
  }
  ctx.status = 200;
  ctx.set('Content-Type', mediaType);
  ctx.body = bytes;
}

function contentOf(
  repository: RepositoryName,
  reference: string,
  { digest, bytes }: Pick<StoredManifest, 'digest' | 'bytes'>,
): RequestContent {
  return { repository, digest, size: bytes.byteLength, manifest: { reference, bytes } };
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

// distribution-spec, end-7b: further tags of a manifest that is pushed by digest.
function tagsOf(ctx: Context): readonly Tag[] {
  const given = ctx.state.query.all('tag');
  if (given.length > MAX_TAGS_OF_PUSH) {
    throw new RegistryError('TAGS_TOO_MANY', { given: given.length, maximum: MAX_TAGS_OF_PUSH });
  }
  return [...new Set(given.map(parseTag))];
}

// Parameters such as a charset are ignored (distribution-spec, "Pushing Manifests").
function contentType(ctx: Context): string | undefined {
  const [type] = ctx.get('Content-Type').split(';', 1);
  return type?.trim() || undefined;
}
