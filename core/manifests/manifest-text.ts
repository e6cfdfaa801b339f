import { RegistryError } from '../model/errors.ts';

/** Go's encoding/json rejects deeper nesting. */
const MAX_DEPTH = 10_000;
/**
 * The most members and elements. Parsing time grows with their number; this many take less than a tenth of a second.
 * About ten thousand descriptors with platforms have as many.
 */
const MAX_VALUES = 80_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const BLANK = 0x20;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Scans the text of a manifest before it is parsed: one pass over the bytes, which costs as much for hostile text as
 * for any other. The parser decides whether the text is JSON.
 * @returns the bytes to parse: as given, but with -1 for every number that has a fraction or an exponent. Go reads no
 * integer from such a number, while JavaScript reads one from `1.0`; no field that is read accepts -1.
 * @throws RegistryError `MANIFEST_INVALID` for text that no client would read, or that would take long to parse
 */
export function scanManifestText(bytes: Uint8Array): Uint8Array {
  let text = bytes;
  let depth = 0;
  let values = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      continue;
    }
    if (byte === MINUS || isDigit(byte)) {
      const end = endOfNumber(bytes, at);
      if (isWrittenOddly(bytes, at, end)) {
        if (text === bytes) text = Uint8Array.from(bytes);
        text.fill(BLANK, at, end);
        text.set([MINUS, ZERO + 1], at);
      }
      at = end;
      continue;
    }
    if (byte === COMMA) {
      values += 1;
    } else if (isOpening(byte)) {
      values += 1;
      depth += 1;
      if (depth > MAX_DEPTH) throw refused(`is nested deeper than ${MAX_DEPTH} levels`);
    } else if (isClosing(byte)) {
      depth -= 1;
    }
    if (values > MAX_VALUES) throw refused(`holds more than ${MAX_VALUES} values`);
    at += 1;
  }
  return text;
}

function refused(reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', { reason });
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endOfNumber(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && isOfNumber(bytes[at] as number)) at += 1;
  return at;
}

// The shortest such number has three bytes, which is enough room for -1.
function isWrittenOddly(bytes: Uint8Array, start: number, end: number): boolean {
  let isOdd = false;
  for (let at = start; at < end && !isOdd; at += 1) isOdd = bytes[at] === DOT || isExponent(bytes[at] as number);
  return isOdd && NUMBER.test(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isExponent(byte: number): boolean {
  return byte === 0x65 || byte === 0x45;
}

function isOfNumber(byte: number): boolean {
  return isDigit(byte) || isExponent(byte) || byte === DOT || byte === MINUS || byte === 0x2b;
}

function isOpening(byte: number): boolean {
  return byte === 0x5b || byte === 0x7b;
}

function isClosing(byte: number): boolean {
  return byte === 0x5d || byte === 0x7d;
}
