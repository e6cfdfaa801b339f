import { isJsonObject, type JsonObject } from '../../model/descriptor.ts';
import { parseSignature, type Signature, type TextEnd } from './signature.ts';
import { SignatureError } from './signature-problem.ts';

/** Verifying each takes time; manifests have one or two. */
export const MAX_SIGNATURES = 32;
/** JSON.stringify accepts no wider indent. */
const MAX_INDENT = 10;

/**
 * A text with signatures, as libtrust's "pretty signature", separated into the signed bytes and the signatures. Nothing
 * is verified yet.
 */
export class SignedText {
  /** Exactly the signed bytes. The digest of a manifest is that of these bytes. */
  readonly payload: Buffer;
  /** At least one, in the order of their keys. */
  readonly signatures: readonly Signature[];
  readonly #end: TextEnd;

  /** @throws SignatureError `missing-signatures`, `malformed`, `different-texts` */
  constructor(payload: Buffer, signatures: readonly Signature[]) {
    checkCount(signatures);
    this.payload = payload;
    this.#end = endOf(signatures);
    if (!payload.subarray(this.#end.length).equals(this.#end.tail)) throw differentTexts();
    this.signatures = signatures.toSorted(inKeyOrder);
  }

  /**
   * Parses a text. What follows the signed part, such as a second list of layers, is not part of the payload.
   * @throws SignatureError `missing-signatures`, `malformed`, `different-texts`
   */
  static parse(text: Uint8Array): SignedText {
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    const { signatures: list } = parseObject(bytes, 'the manifest');
    if (list === undefined) throw new SignatureError('missing-signatures', 'the manifest has no signatures');
    if (!Array.isArray(list)) throw new SignatureError('malformed', 'signatures must be a list');
    checkCount(list);
    const signatures = list.map(parseSignature);
    const payload = payloadOf(bytes, endOf(signatures));
    parseObject(payload, 'the signed part of the manifest');
    return new SignedText(payload, signatures);
  }

  /**
   * Combines the payload with as many of its signatures as one text can have: one per key, among those that agree with
   * most others on where the payload ends, at most 32. The result does not depend on their order.
   * @param signatures valid signatures
   * @returns `undefined` when there is none
   */
  static gather(payload: Buffer, signatures: readonly Signature[]): SignedText | undefined {
    const byEnd = Map.groupBy(signatures.toSorted(inKeyOrder), ({ end }) => end.length);
    const groups = [...byEnd].map(([length, each]) => ({ length, ofKeys: firstOfEachKey(each) }));
    const [largest] = groups.toSorted((a, b) => b.ofKeys.length - a.ofKeys.length || b.length - a.length);
    return largest && new SignedText(payload, largest.ofKeys.slice(0, MAX_SIGNATURES));
  }

  /** The same payload with the signatures of both, without duplicates. @throws SignatureError `different-texts` */
  merge(other: SignedText): SignedText {
    if (!this.payload.equals(other.payload)) throw differentTexts();
    const all = [...this.signatures, ...other.signatures].map((each) => [each.toString(), each] as const);
    return new SignedText(this.payload, [...new Map(all).values()]);
  }

  /** The text with its signatures, indented like the payload, or compact. */
  toBytes(): Buffer {
    const { length } = this.#end;
    const indent = indentOf(this.payload);
    const list = this.signatures.map((each) => each.document);
    const added =
      indent === undefined
        ? `,"signatures":${JSON.stringify(list)}}`
        : `,\n${indent}"signatures": ${JSON.stringify(list, undefined, indent).replaceAll('\n', `\n${indent}`)}\n}`;
    return Buffer.concat([this.payload.subarray(0, length), Buffer.from(added)]);
  }
}

function checkCount({ length }: readonly unknown[]): void {
  if (length === 0) throw new SignatureError('missing-signatures', 'the manifest has no signature');
  if (length > MAX_SIGNATURES) {
    throw new SignatureError('malformed', `the manifest has more than ${MAX_SIGNATURES} signatures`);
  }
}

/** The end of the signed part, on which all signatures must agree. */
function endOf(signatures: readonly Signature[]): TextEnd {
  const [first, ...others] = signatures;
  if (first === undefined) throw new SignatureError('missing-signatures', 'the manifest has no signature');
  const { length, tail } = first.end;
  if (others.some(({ end }) => end.length !== length || !end.tail.equals(tail))) throw differentTexts();
  return first.end;
}

function differentTexts(): SignatureError {
  return new SignatureError('different-texts', 'the signatures sign different texts');
}

function payloadOf(bytes: Buffer, { length, tail }: TextEnd): Buffer {
  if (length > bytes.byteLength) {
    throw new SignatureError('malformed', `formatLength is ${length}, but the text has ${bytes.byteLength} bytes`);
  }
  return Buffer.concat([bytes.subarray(0, length), tail]);
}

function parseObject(bytes: Buffer, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new SignatureError('malformed', `${what} is not JSON`, { cause });
  }
  if (!isJsonObject(value)) throw new SignatureError('malformed', `${what} must be a JSON object`);
  return value;
}

/** The indent of the first key of an indented document. */
function indentOf(payload: Buffer): string | undefined {
  const [, indent] = /^\{\n([ \t]+)"/.exec(payload.toString('latin1', 0, 64)) ?? [];
  return indent !== undefined && indent.length <= MAX_INDENT ? indent : undefined;
}

function inKeyOrder(a: Signature, b: Signature): number {
  return compare(a.keyId, b.keyId) || compare(a.signature, b.signature);
}

/** @param signatures in the order of their keys */
function firstOfEachKey(signatures: readonly Signature[]): Signature[] {
  return signatures.filter(({ keyId }, index) => keyId !== signatures[index - 1]?.keyId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
