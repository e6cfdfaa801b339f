import { isDeepStrictEqual } from 'node:util';
import { type SigningKeySource, type SigningKeys, signingKeysOf } from './signing-keys.ts';

/** The keys that are derived from secrets: see {@link signingKeysOf}. */
export class DerivedSigningKeys implements SigningKeySource {
  readonly #secrets: () => readonly string[];
  #keys: { readonly secrets: readonly string[]; readonly made: Promise<SigningKeys> } | undefined;

  /** @param secrets the current secrets, which a reload replaces */
  constructor(secrets: () => readonly string[]) {
    this.#secrets = secrets;
  }

  current(): Promise<SigningKeys> {
    const secrets = this.#secrets();
    const known = this.#keys;
    if (known !== undefined && isDeepStrictEqual(known.secrets, secrets)) return known.made;
    const made = signingKeysOf(secrets);
    this.#keys = { secrets, made };
    // The next request tries again.
    made.catch(() => (this.#keys = undefined));
    return made;
  }
}
