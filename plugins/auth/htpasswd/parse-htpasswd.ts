/** The content of a password file. */
export interface PasswordList {
  /** User to bcrypt hash. */
  readonly hashes: ReadonlyMap<string, string>;
  /** A hash that no password has, as costly to check as the costliest of the file. */
  readonly dummyHash: string;
}

// 22 characters of salt, 31 of hash; in the last of each only the bits that count may be set.
const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

/**
 * Parses a password file: lines `user:hash`, blank lines, and comments that begin with `#`. Hashes are bcrypt
 * with a cost of 4 to 17, as `htpasswd -B` writes them.
 * @throws Error that names each line that is wrong; never a hash
 */
export function parseHtpasswd(text: string): PasswordList {
  const hashes = new Map<string, string>();
  const lineOf = new Map<string, number>();
  const problems: string[] = [];
  let highestCost = '04';
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const [user, hash] = [line.slice(0, colon), line.slice(colon + 1)];
    const problem = problemOf(colon, hash, lineOf.get(user));
    if (problem !== undefined) {
      problems.push(`line ${index + 1}: ${problem}`);
      continue;
    }
    lineOf.set(user, index + 1);
    hashes.set(user, hash);
    if (costOf(hash) > highestCost) highestCost = costOf(hash);
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
  if (hashes.size === 0) throw new Error('it holds no users, so that nobody could log in');
  return { hashes, dummyHash: `$2b$${highestCost}$${'.'.repeat(53)}` };
}

function costOf(hash: string): string {
  return hash.slice(4, 6);
}

function problemOf(colon: number, hash: string, earlierLine: number | undefined): string | undefined {
  if (colon < 0) return 'not user:hash';
  if (colon === 0) return 'the user is empty';
  if (earlierLine !== undefined) return `the user is there already in line ${earlierLine}`;
  if (!/^\$2[aby]\$/.test(hash)) return 'the hash is not bcrypt; write it with htpasswd -B';
  if (!BCRYPT.test(hash)) return 'the bcrypt hash is damaged, or its cost is not 04 to 17';
  return undefined;
}
