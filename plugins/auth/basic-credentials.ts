/** The credentials that a client sends to log in (RFC 7617). */
export interface BasicCredentials {
  readonly user: string;
  /** The bytes as sent; bcrypt is independent of their encoding. */
  readonly password: Uint8Array;
}

// No two neighbouring repetitions match the same character, so matching takes linear time.
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;
const BASE64_GROUP = 4;
const COLON = 0x3a;

/** The credentials in an `Authorization` header; `undefined` when it contains none in this form. */
export function parseBasicCredentials(authorization: string): BasicCredentials | undefined {
  const encoded = BASIC.exec(authorization)?.[1];
  if (encoded === undefined || encoded.length % BASE64_GROUP !== 0) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const colon = bytes.indexOf(COLON);
  if (colon < 0) return undefined;
  return { user: bytes.subarray(0, colon).toString('utf8'), password: bytes.subarray(colon + 1) };
}
