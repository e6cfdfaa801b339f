/**
 * Where generated cases come from. It is the same each time, so that a run depends on nothing but the code;
 * PROPERTY_SEED is another number, or `random` to look for cases that nobody has tried. A failure prints it.
 */
const asked = process.env['PROPERTY_SEED'] ?? '1';

export const seed = asked === 'random' ? Date.now() % 2 ** 31 : Number(asked);
if (!Number.isSafeInteger(seed)) throw new Error(`PROPERTY_SEED is a whole number or "random", not ${asked}`);
