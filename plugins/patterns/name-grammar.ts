/** The grammar of a kind of names, as an automaton over characters. */
export interface NameGrammar {
  /** The state after a character, starting from `''`; `undefined` when no name continues like this. */
  readonly next: (state: string, character: string) => string | undefined;
  /** Whether a name may end in this state. */
  readonly accepts: (state: string) => boolean;
  readonly maxLength: number;
}

const WORD = 'a';

/**
 * The names of repositories, as `parseRepositoryName` accepts them. A state is the last separator, or a letter for any.
 */
export const REPOSITORY_GRAMMAR: NameGrammar = {
  next: (state, character) => {
    if (/[a-z0-9]/.test(character)) return WORD;
    if (state === '') return undefined;
    if (character === '/') return state === WORD ? '' : undefined;
    const separator = state === WORD ? character : state + character;
    return /^(?:\.|__?|-+)$/.test(separator) ? separator.slice(0, 2) : undefined;
  },
  accepts: (state) => state === WORD,
  maxLength: 255,
};

/** Tags, as `isTag` accepts them. */
export const TAG_GRAMMAR: NameGrammar = {
  next: (state, character) => {
    return (state === '' ? /[A-Za-z0-9_]/ : /[A-Za-z0-9._-]/).test(character) ? WORD : undefined;
  },
  accepts: (state) => state === WORD,
  maxLength: 128,
};

/** One character of each class that a grammar distinguishes. */
const SAMPLES = ['a', '.', '_', '-', '/'];

/**
 * Whether a name exists that matches the pattern.
 * @param parts the wildcards `**`, `*` and `?`, and literal texts
 */
export function matchesSomeName(parts: readonly string[], { next, accepts, maxLength }: NameGrammar): boolean {
  const least = parts.reduce((length, part) => length + (part.startsWith('*') ? 0 : part.length), 0);
  if (least > maxLength) return false;
  const after = (states: ReadonlySet<string>, characters: readonly string[]): Set<string> =>
    new Set([...states].flatMap((state) => characters.flatMap((character) => next(state, character) ?? [])));
  let states: ReadonlySet<string> = new Set(['']);
  for (const part of parts) {
    const any = part === '**' ? SAMPLES : SAMPLES.filter((character) => character !== '/');
    if (part === '?') states = after(states, any);
    else if (part === '*' || part === '**') states = closure(states, (found) => after(found, any));
    else for (const character of part) states = after(states, [character]);
  }
  return [...states].some(accepts);
}

function closure(states: ReadonlySet<string>, step: (found: ReadonlySet<string>) => Set<string>): ReadonlySet<string> {
  const more = new Set([...states, ...step(states)]);
  return more.size === states.size ? states : closure(more, step);
}
