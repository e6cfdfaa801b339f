import { isJsonObject } from '../../../core/model/descriptor.ts';

/** The claims of a token: a JSON object. */
export type Claims = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 10;
const MAX_NAME_LENGTH = 255;
/** Of names whose characters are all escaped. */
const MAX_TEXT_LENGTH = 2 * MAX_DEPTH * (MAX_NAME_LENGTH + 1);

/** Where a claim stands: the names of objects in each other, such as `realm_access` and `roles`. */
export class ClaimPath {
  /** As messages name it. */
  readonly source: string;
  readonly #names: readonly string[];

  private constructor(names: readonly string[]) {
    if (names.length === 0) throw new Error('it names no claim');
    if (names.length > MAX_DEPTH) throw new Error(`it is more than ${MAX_DEPTH} levels deep`);
    if (names.includes('')) throw new Error('one of its names is empty; a dot in a name is written as \\.');
    if (names.some((name) => name.length > MAX_NAME_LENGTH)) {
      throw new Error(`one of its names has more than ${MAX_NAME_LENGTH} characters`);
    }
    this.#names = names;
    this.source = names.map((name) => name.replaceAll(/[\\.]/g, '\\$&')).join('.');
  }

  /**
   * Reads names separated by dots; `\.` is a dot in a name (`kubernetes\.io.namespace`), `\\` a backslash.
   * @throws Error that says what is wrong
   */
  static parse(text: string): ClaimPath {
    if (text.length > MAX_TEXT_LENGTH) throw new Error(`it has more than ${MAX_TEXT_LENGTH} characters`);
    const names = [''];
    for (const part of text.match(/\\[\s\S]?|\.|[^\\.]+/g) ?? []) {
      if (part === '.') names.push('');
      else if (part.startsWith('\\') && part !== '\\.' && part !== '\\\\') {
        throw new Error('"\\" may stand only before a dot or another "\\"');
      } else names.push(`${names.pop() ?? ''}${part.startsWith('\\') ? part.slice(1) : part}`);
    }
    return new ClaimPath(names);
  }

  /** @throws Error that says what is wrong */
  static of(names: readonly string[]): ClaimPath {
    return new ClaimPath(names);
  }

  /** The value of the claim; `undefined` when it is missing or null. */
  find(claims: Claims): unknown {
    let value: unknown = claims;
    for (const name of this.#names) {
      if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
      value = value[name];
    }
    return value ?? undefined;
  }
}

/**
 * The text of a claim that is a text, a boolean or a whole number; `undefined` for anything else. Numbers beyond 2^53 lose
 * digits when they are read, so that two of them could have one text.
 */
export function claimText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return undefined;
}
