import { ERROR_DESCRIPTORS } from '../../core/api/error-descriptors.ts';
import type { RouteName } from '../../core/api/route-descriptors.ts';
import { matchRoute } from '../../core/api/route-pattern.ts';
import type { RegistryErrorCode } from '../../core/model/errors.ts';

const BY_STATUS: Readonly<Record<number, RegistryErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  405: 'UNSUPPORTED',
  408: 'UNAVAILABLE',
  413: 'BODY_TOO_LARGE',
  416: 'RANGE_INVALID',
  429: 'TOOMANYREQUESTS',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** What is missing when a route answers 404. */
const BY_ROUTE: Partial<Record<RouteName, RegistryErrorCode>> = {
  manifest: 'MANIFEST_UNKNOWN',
  blob: 'BLOB_UNKNOWN',
  tags: 'NAME_UNKNOWN',
  'blob-upload': 'NAME_UNKNOWN',
  'blob-upload-chunk': 'BLOB_UPLOAD_UNKNOWN',
};

/**
 * The code of a local registry for a failed answer. Several codes share one on the wire and are distinguished by the
 * status; registries answer 404 with many codes, whose meaning the route determines.
 * @param wire the code in the body; `undefined` when it has none
 */
export function remoteCode(wire: string | undefined, status: number, url: string): RegistryErrorCode {
  if (status === 404 && wire !== 'UNSUPPORTED') {
    const route = matchRoute(new URL(url).pathname)?.route.name;
    const missing = route === undefined ? undefined : BY_ROUTE[route];
    if (missing !== undefined) return missing;
  }
  if (wire !== undefined) {
    const codes = (Object.keys(ERROR_DESCRIPTORS) as RegistryErrorCode[]).filter(
      (code) => ERROR_DESCRIPTORS[code].value === wire,
    );
    const exact = codes.find((code) => ERROR_DESCRIPTORS[code].status === status);
    // Two codes share SIZE_INVALID and 413; either is a guess.
    const known = exact ?? codes.find((code) => code === wire) ?? codes[0];
    if (known !== undefined) return known;
    // Codes of distribution that are not in the specification, such as RANGE_INVALID.
    if (Object.hasOwn(ERROR_DESCRIPTORS, wire)) return wire as RegistryErrorCode;
  }
  return BY_STATUS[status] ?? (status === 404 ? 'ROUTE_UNKNOWN' : 'UNKNOWN');
}
