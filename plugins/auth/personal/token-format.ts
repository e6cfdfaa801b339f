import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** How every personal access token begins, so that scanners for secrets recognise it. */
export const TOKEN_PREFIX = 'stowage_pat_';

const BASE_62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** In lower case, because some file systems do not distinguish cases. */
const BASE_36 = BASE_62.slice(0, 10) + BASE_62.slice(36);
const ID_BYTES = 10;
const ID_LENGTH = 16;
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const ID = new RegExp(`^[0-9a-z]{${ID_LENGTH}}$`);
const NAMED = new RegExp(`^${TOKEN_PREFIX}([0-9a-z]{${ID_LENGTH}})(?:_[0-9A-Za-z]*)?$`);
const TOKEN = new RegExp(
  `^(${TOKEN_PREFIX}([0-9a-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);
const TOKEN_LENGTH = TOKEN_PREFIX.length + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/** A new token. */
export interface NewToken {
  readonly id: string;
  /** What the user gets, once. */
  readonly text: string;
  readonly hash: Buffer;
}

/**
 * Creates a token: `stowage_pat_<id>_<secret><checksum>`, with 256 random bits as secret, and the CRC-32 of all before as
 * checksum, as in the tokens of GitHub.
 */
export function newToken(): NewToken {
  const id = digits(randomBytes(ID_BYTES), BASE_36, ID_LENGTH);
  const body = `${TOKEN_PREFIX}${id}_${digits(randomBytes(SECRET_BYTES), BASE_62, SECRET_LENGTH)}`;
  const text = body + checksumOf(body);
  return { id, text, hash: hashOf(text) };
}

/** The id and the hash of a token; `undefined` for anything else, also for a token with a typing mistake. */
export function parseToken(secret: Uint8Array): { readonly id: string; readonly hash: Buffer } | undefined {
  if (secret.byteLength !== TOKEN_LENGTH) return undefined;
  const text = Buffer.from(secret).toString('latin1');
  const [, body = '', id = '', checksum] = TOKEN.exec(text) ?? [];
  return checksum !== undefined && checksumOf(body) === checksum ? { id, hash: hashOf(text) } : undefined;
}

/** The id in a token, or in what is left of one in a log; any other text as it is. */
export function tokenIdIn(text: string): string {
  return NAMED.exec(text)?.[1] ?? text;
}

/** Whether a text can be the id of a token. */
export function isTokenId(text: string): boolean {
  return ID.test(text);
}

/** The secret has 256 random bits, so that nobody can guess it from its hash, however fast the hash is. */
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function checksumOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return digits(bytes, BASE_62, CHECKSUM_LENGTH);
}

/** A number in the base of an alphabet; the highest digits are left out beyond `length`. */
function digits(bytes: Uint8Array, alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let count = 0; count < length; count += 1) {
    text = alphabet.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text;
}
