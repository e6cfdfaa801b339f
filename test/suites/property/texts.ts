import fc from 'fast-check';

/** Characters that mean something to some parser on the way. */
const TELLING = [...'\0\t\n\r "\'%&+,-./0123:;<=>?@A[\\]_`az{|}~\x7f\x80ÿſK\u2028\ud800🐳'];

/** Any text: special characters, any characters, or words that have a meaning in JavaScript. */
export const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...TELLING), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '__proto__', 'constructor', 'toString', '..', '9'.repeat(400), 'a'.repeat(5000)),
);

/** A text of these characters only. */
export const textOf = (characters: string, { min = 0, max = 20 } = {}): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: min, maxLength: max });

/** Texts of a grammar, and such texts with a character put in, replaced or left out. */
export const nearly = (valid: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: valid },
    {
      weight: 4,
      arbitrary: fc
        .tuple(valid, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 }), character)
        .map(([text, place, removed, put]) => {
          const at = Math.floor(place * text.length);
          return text.slice(0, at) + put + text.slice(at + removed);
        }),
    },
    { weight: 1, arbitrary: anyText },
  );

const character = fc.oneof(fc.constantFrom('', ...TELLING), fc.string({ unit: 'binary', maxLength: 1 }));
