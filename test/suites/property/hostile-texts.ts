import fc from 'fast-check';

/** The size of the largest header and request line. */
export const HOSTILE_BYTES = 64 * 1024;

/** The beginnings, repeated units and endings of texts of some grammar. */
export interface Fragments {
  readonly heads: readonly string[];
  readonly units: readonly string[];
  readonly tails: readonly string[];
  /** A text of so many bytes in which no part is repeated. */
  readonly varied?: (bytes: number) => string;
}

const ANY: Fragments = {
  heads: ['', '"', '/'],
  units: [
    ' ',
    '\t',
    '\n',
    '=',
    '"',
    '\\',
    ',',
    ';',
    '/',
    '-',
    '.',
    '_',
    'a',
    '0',
    '%',
    '%2',
    '%2f',
    'é',
    'a,',
    'a ,',
    '\\"',
  ],
  tails: ['', '!', '\n', '"', '\u0000', '/'],
};

/** The text of so many bytes that begins with `head`, repeats `unit` and ends with `tail`. */
function fill(head: string, unit: string, tail: string, bytes: number): string {
  const room = Math.max(bytes - head.length - tail.length, 0);
  return head + unit.repeat(Math.ceil(room / unit.length)).slice(0, room) + tail;
}

/**
 * Texts, as long as a header can be unless said otherwise, in which a pattern may search for a beginning, a middle or an end again and again.
 */
export function hostileText({ heads, units, tails }: Fragments, bytes = HOSTILE_BYTES): fc.Arbitrary<string> {
  const unit = fc
    .array(fc.constantFrom(...units, ...ANY.units), { minLength: 1, maxLength: 3 })
    .map((all) => all.join(''));
  return fc
    .tuple(fc.constantFrom(...heads, ...ANY.heads), unit, fc.constantFrom(...tails, ...ANY.tails))
    .map(([head, repeated, tail]) => fill(head, repeated, tail, bytes));
}

/** Every single unit between every head and tail, and the varied text: what generated texts might miss. */
export function everyHostileText({ heads, units, tails, varied }: Fragments, bytes = HOSTILE_BYTES): string[] {
  const filled = heads.flatMap((head) =>
    units.flatMap((unit) => ['', ...tails].map((tail) => fill(head, unit, tail, bytes))),
  );
  return varied === undefined ? filled : [...filled, varied(bytes)];
}

/** Numbers in letters, of three letters and in order, with a text before each, up to so many bytes. */
export function countedInLetters(before: string, bytes: number): string {
  const count = Math.floor(bytes / (before.length + 3));
  return Array.from({ length: count }, (_, index) => {
    const letters = [index / 676, index / 26, index].map((digit) => String.fromCharCode(97 + (Math.floor(digit) % 26)));
    return before + letters.join('');
  }).join('');
}
