// One character class, so matching takes linear time.
const BEARER = /^bearer +([\w~+/.=-]+) *$/i;

/** The token in an `Authorization` header (RFC 6750, section 2.1); `undefined` when it holds none in this form. */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}
