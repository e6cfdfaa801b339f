import type { KeyObject } from 'node:crypto';
import { type CryptoKey, errors, type JWSHeaderParameters } from 'jose';
import { isJsonObject } from '../../../core/model/descriptor.ts';
import { trustedLeaf } from './certificate-chain.ts';
import type { KeySet } from './key-set.ts';
import type { RemoteKeys } from './remote-keys.ts';
import { isSymmetric } from './signing-algorithms.ts';
import { TokenError } from './token-error.ts';

const MAX_SHOWN_KID = 128;
const MAX_SHOWN_IDS = 10;

/** A source of keys that can be asked at any time. */
export interface KeySource {
  /** The keys of this moment: another object when they have changed. */
  current(): Promise<KeySet>;
}

/** A trusted key, in any form. */
export type TrustedKey = CryptoKey | KeyObject | Uint8Array;

/**
 * Finds the key of a token as distribution does: by the certificate chain in its header, by the id of the key in its
 * header, or by its `kid`. The key itself always comes from the trusted ones, never from the token.
 */
export class TrustedKeys {
  readonly #files: KeySource | undefined;
  readonly #remote: RemoteKeys | undefined;
  readonly #now: () => number;

  constructor(
    { files, remote }: { readonly files: KeySource | undefined; readonly remote: RemoteKeys | undefined },
    now: () => number,
  ) {
    this.#files = files;
    this.#remote = remote;
    this.#now = now;
  }

  /** The keys of the files; a different object after each change. */
  async current(): Promise<KeySet | undefined> {
    return this.#files?.current();
  }

  /**
   * @throws TokenError when the header names no trusted key
   * @throws KeysUnavailableError when the keys of the token server cannot be fetched
   */
  async find(header: JWSHeaderParameters): Promise<TrustedKey> {
    const keys = await this.current();
    const { x5c, jwk } = header;
    if (x5c !== undefined) return this.#ofChain(x5c, keys);
    if (jwk === undefined) return this.#byId(header, keys);
    if (!isJsonObject(jwk)) throw new TokenError('its header "jwk" is not an object');
    if (jwk['x5c'] !== undefined) return this.#ofChain(jwk['x5c'], keys);
    return this.#byId({ ...header, kid: jwk['kid'] as string }, keys);
  }

  #ofChain(x5c: unknown, keys: KeySet | undefined): KeyObject {
    const isList = Array.isArray(x5c) && x5c.every((item) => typeof item === 'string');
    const leaf = isList ? trustedLeaf(x5c, keys?.roots ?? [], this.#now()) : undefined;
    if (leaf === undefined) {
      throw new TokenError('its chain of certificates (x5c) leads to no valid certificate of rootcertbundle');
    }
    return leaf.publicKey;
  }

  async #byId(header: JWSHeaderParameters, keys: KeySet | undefined): Promise<TrustedKey> {
    const { alg = '', kid } = header;
    if (typeof kid !== 'string') throw new TokenError('its header names no key: it has none of kid, jwk and x5c');
    if (isSymmetric(alg)) {
      const secret = keys?.secrets.get(kid);
      if (secret === undefined) throw this.#unknown(kid, keys);
      return secret;
    }
    const sources = [keys?.find, this.#remote && ((wanted: JWSHeaderParameters) => this.#remote?.find(wanted))];
    for (const source of sources) {
      const found = await keyIn(source, header);
      if (found !== undefined) return found;
    }
    throw this.#unknown(kid, keys);
  }

  #unknown(kid: string, keys: KeySet | undefined): TokenError {
    const known = [...(keys?.ids ?? []), ...(this.#remote?.ids ?? [])];
    const more = known.length > MAX_SHOWN_IDS ? ` and ${known.length - MAX_SHOWN_IDS} more` : '';
    const sought = JSON.stringify(kid.slice(0, MAX_SHOWN_KID));
    return new TokenError(
      `its key ${sought} is not known for its algorithm; known are ${known.slice(0, MAX_SHOWN_IDS).join(', ') || 'none'}${more}`,
    );
  }
}

/** `undefined` when the source has no such key. */
async function keyIn(
  source: ((header: JWSHeaderParameters) => Promise<CryptoKey> | undefined) | undefined,
  header: JWSHeaderParameters,
): Promise<CryptoKey | undefined> {
  try {
    return await source?.(header);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw error;
  }
}
