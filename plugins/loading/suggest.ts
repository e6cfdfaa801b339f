import { distance } from 'fastest-levenshtein';

/**
 * The known word that was probably meant: at most two typing mistakes away, fewer for short words.
 * @param lettersPerMistake how many letters a word must have per mistake
 */
export function suggest(word: string, known: Iterable<string>, lettersPerMistake = 3): string | undefined {
  let best: { word: string; mistakes: number } | undefined;
  for (const candidate of known) {
    const mistakes = mistakesBetween(word.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.min(2, Math.floor(Math.max(word.length, candidate.length) / lettersPerMistake));
    if (mistakes <= allowed && (best === undefined || mistakes < best.mistakes)) best = { word: candidate, mistakes };
  }
  return best?.word;
}

/** `, did you mean "addr"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = suggest(word, known);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
}

/** Swapped letters are one mistake; the Levenshtein distance would count two or more. */
function mistakesBetween(word: string, candidate: string): number {
  return word !== candidate && sortLetters(word) === sortLetters(candidate) ? 1 : distance(word, candidate);
}

function sortLetters(word: string): string {
  return [...word].sort().join('');
}
