import { type RequestUrlOptions, type UrlSettings, urlBuilderFor } from '../../core/api/request-urls.ts';
import type { UrlBuilder } from '../../core/api/url-builder.ts';
import type { Context } from '../http/request-scope.ts';

/** The builder of the URLs in the answer to a request. */
export function answerUrls(ctx: Context, settings: UrlSettings): UrlBuilder {
  return urlBuilderFor(requestOptions(ctx), settings);
}

/** The host by which the client has reached the registry, for people; `undefined` when it did not say. */
export function answerHost(ctx: Context, settings: UrlSettings): string | undefined {
  return reachedUrl(ctx, settings)?.host;
}

/** Scheme and host by which the client has reached the registry; `undefined` when it did not say. */
export function answerOrigin(ctx: Context, settings: UrlSettings): string | undefined {
  return reachedUrl(ctx, settings)?.origin;
}

/** The URL below which the client has reached the API, without `/v2/`; `undefined` when it did not say. */
export function answerRoot(ctx: Context, settings: UrlSettings): string | undefined {
  const { root } = answerUrls(ctx, { ...settings, relative: false });
  return URL.canParse(root) ? root : undefined;
}

function reachedUrl(ctx: Context, settings: UrlSettings): URL | undefined {
  return URL.parse(answerUrls(ctx, { ...settings, relative: false }).base()) ?? undefined;
}

function requestOptions(ctx: Context): RequestUrlOptions {
  const { headers } = ctx.req;
  return {
    host: headers.host,
    forwarded: headers['forwarded'],
    forwardedProto: first(headers['x-forwarded-proto']),
    forwardedHost: first(headers['x-forwarded-host']),
    encrypted: 'encrypted' in ctx.req.socket,
    path: ctx.path,
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
