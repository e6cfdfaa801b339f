import { hash as digest } from 'node:crypto';

/** The content of a password file. */
export interface PasswordList {
  /** The bcrypt hash of each user who can log in, by user name; may be empty. */
  readonly hashes: ReadonlyMap<string, string>;
  /** The highest cost among the hashes: the binary logarithm of the number of rounds. */
  readonly highestCost: number;
  /** One sentence for each line that disables its user, with the number of the line; never a hash. */
  readonly problems: readonly string[];
}

/** A list without users. */
export const NOBODY: PasswordList = { hashes: new Map(), highestCost: 4, problems: [] };

// 22 characters of salt, 31 of hash; in the last character of each, only the significant bits may be set.
const BCRYPT = /^\$2[aby]?\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
const SALT_LENGTH = 21;
const ENCODED_LENGTH = 53;
const BCRYPT_COST = /^\$2[aby]?\$(\d\d)\$/;
/** Any other text before the colon may be a misplaced hash or password, so it is not logged. */
const SAFE_USER = /^[\p{L}\p{N}._@+-]{1,64}$/u;
/** A file that is not a password file may have a problem in every line. */
const MAX_PROBLEMS = 20;

/**
 * Parses a password file: lines `user:hash`, blank lines, and comments that begin with `#`. Hashes must be bcrypt
 * (`$2$`, `$2a$`, `$2b$`, `$2y$`) with a cost of 4 to 17, as `htpasswd -B` writes them. A line in another format
 * disables its user. Several lines for one user disable this user, because it is ambiguous which one counts. All others
 * can log in.
 */
export function parseHtpasswd(text: string): PasswordList {
  const hashes = new Map<string, string>();
  const lineOf = new Map<string, number>();
  const problems = new Problems();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const lineNumber = index + 1;
    const colon = line.indexOf(':');
    const [user, hash] = [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1)];
    const earlierLine = lineOf.get(user);
    const problem = problemOfLine(line, colon) ?? problemOfUser(user, earlierLine) ?? problemOfHash(hash);
    if (problem === undefined) hashes.set(user, hash);
    else problems.add({ lineNumber, problem, user });
    if (earlierLine !== undefined) hashes.delete(user);
    if (user !== '') lineOf.set(user, earlierLine ?? lineNumber);
  }
  let { highestCost } = NOBODY;
  for (const hash of hashes.values()) highestCost = Math.max(highestCost, costOf(hash));
  return { hashes, highestCost, problems: problems.sentences() };
}

/** The cost of a hash that {@link parseHtpasswd} accepted. */
export function costOf(hash: string): number {
  return Number(BCRYPT_COST.exec(hash)?.[1]);
}

/**
 * A hash of this cost that no password matches. Each user has another one, as with true hashes: two log-ins that share a
 * check, or do not, would show who exists.
 */
export function dummyHash(cost: number, user: string): string {
  const salt = digest('sha256', user, 'base64').replaceAll('+', '.').slice(0, SALT_LENGTH);
  return `$2b$${String(cost).padStart(2, '0')}$${salt.padEnd(ENCODED_LENGTH, '.')}`;
}

function problemOfLine(line: string, colon: number): string | undefined {
  if (line.includes('\0')) return 'the line contains zero bytes; if the file is UTF-16, save it as UTF-8';
  return colon < 0 ? 'it is not user:hash, as htpasswd -B writes it' : undefined;
}

function problemOfUser(user: string, earlierLine: number | undefined): string | undefined {
  if (user === '') return 'the user is empty';
  // Bytes that are not UTF-8 were replaced by this character, so several users could become one.
  if (user.includes('\uFFFD')) return 'the user is not UTF-8';
  return earlierLine === undefined ? undefined : `line ${earlierLine} has the same user; keep only one of them`;
}

function problemOfHash(hash: string): string | undefined {
  if (BCRYPT.test(hash)) return undefined;
  const [, cost] = BCRYPT_COST.exec(hash) ?? [];
  if (cost === undefined) return 'the hash is not bcrypt; create it with htpasswd -B';
  return Number(cost) < 4 || Number(cost) > 17
    ? 'the bcrypt cost is not 04 to 17; each step doubles the time, and 17 takes about ten seconds'
    : 'the bcrypt hash is damaged; create it again with htpasswd -B';
}

class Problems {
  readonly #sentences: string[] = [];
  #omitted = 0;

  add({ lineNumber, problem, user }: { lineNumber: number; problem: string; user: string }): void {
    if (this.#sentences.length === MAX_PROBLEMS) this.#omitted++;
    else this.#sentences.push(`line ${lineNumber}: ${problem}${SAFE_USER.test(user) ? ` (user "${user}")` : ''}`);
  }

  sentences(): readonly string[] {
    return this.#omitted === 0 ? this.#sentences : [...this.#sentences, `${this.#omitted} more lines are wrong`];
  }
}
