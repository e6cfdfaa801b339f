import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import { NOBODY, type PasswordList, parseHtpasswd } from './parse-htpasswd.ts';

// File system timestamps can be as coarse as two seconds: a younger file can change again and keep its stamp.
const SETTLED_AFTER_MS = 2000;
/** How long a change may go unnoticed: a `stat` costs as much as half of a request that is answered from memory. */
const LOOK_EVERY_MS = 1000;
/** About 200 000 users. A larger file is not a password file, and would be read every second while it changes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Options of a {@link PasswordSource}. */
export interface PasswordSourceOptions {
  readonly warn: PluginContext['warn'];
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
}

interface Reading {
  /** Identifies this state of the file; `undefined` when the file may change unnoticed or could not be examined. */
  readonly stamp: string | undefined;
  /** The content of the file when it was last readable. */
  readonly list: PasswordList;
  /** Why it could not be read. */
  readonly failure: Error | undefined;
}

/**
 * The password file: checked with at most one `stat` a second, and read again when it has changed. A malformed line
 * disables its user, and without valid users no client can log in. While the file is missing or unreadable, the last list
 * stays in effect. To change the file without exposing a partial one, write a new file and rename it.
 */
export class PasswordSource {
  readonly #path: string;
  readonly #warn: PluginContext['warn'];
  readonly #now: () => number;
  #last: Reading;
  #lookedAt: number;
  #looking: Promise<Reading> | undefined;

  private constructor(path: string, { warn, now = Date.now }: PasswordSourceOptions, first: Reading) {
    this.#path = path;
    this.#warn = warn;
    this.#now = now;
    this.#last = first;
    this.#lookedAt = now();
  }

  /**
   * Warns about every line that disables its user. A folder, which is the default of Debian's package, has no users.
   * @throws Error that says what is wrong with the file and how to create one, also when no user could log in
   */
  static async open(path: string, options: PasswordSourceOptions): Promise<PasswordSource> {
    const first = await readPasswords(path, options.now?.() ?? Date.now());
    const { failure, list } = first;
    if (failure === undefined) {
      if (list.hashes.size === 0) throw new Error(explainNobody(path, list));
      for (const problem of list.problems) options.warn(disabled(problem), { path });
    } else {
      if (!hasCode(failure, 'EISDIR')) throw new Error(explain(path, failure));
      options.warn(`nobody can log in: ${path} is a folder, but must be a password file`, { path });
    }
    return new PasswordSource(path, options, first);
  }

  /**
   * The users in the file at most a second ago, or when it was last readable.
   * @throws RegistryError `UNAVAILABLE` while nobody can log in
   */
  async current(): Promise<PasswordList> {
    const ageMs = this.#now() - this.#lookedAt;
    const { list } = this.#last;
    // Clocks may be set back.
    return ageMs >= 0 && ageMs < LOOK_EVERY_MS && list.hashes.size > 0 ? list : this.latest();
  }

  /**
   * The users in the file now, or when it was last readable: to be asked before a log-in is refused, so that a new user
   * need not wait. Concurrent calls share one look at the file.
   * @throws RegistryError `UNAVAILABLE` while nobody can log in
   */
  async latest(): Promise<PasswordList> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    const { list } = await this.#looking;
    if (list.hashes.size === 0) {
      throw new RegistryError('UNAVAILABLE', { reason: 'the password file cannot be used; the log says why' });
    }
    return list;
  }

  async #look(): Promise<Reading> {
    const { stamp: known } = this.#last;
    const nowMs = this.#now();
    const stamp = known === undefined ? undefined : await stampOf(this.#path, nowMs).catch(() => undefined);
    const reading = stamp === undefined || stamp !== known ? await this.#reload() : this.#last;
    // When the look began: what has changed since may be missing in it.
    this.#lookedAt = nowMs;
    return reading;
  }

  async #reload(): Promise<Reading> {
    const before = this.#last;
    const now = await readPasswords(this.#path, this.#now());
    this.#last = now.failure === undefined ? now : { ...now, list: before.list };
    const reported = new Set(warningsOf(before));
    const warnings = warningsOf(this.#last);
    for (const warning of warnings) if (!reported.has(warning)) this.#warn(warning, { path: this.#path });
    if (warnings.length === 0 && reported.size > 0) {
      this.#warn('the password file is correct again', { path: this.#path });
    }
    return this.#last;
  }
}

function warningsOf({ list, failure }: Reading): readonly string[] {
  const isEmpty = list.hashes.size === 0;
  if (failure !== undefined) {
    const effect = isEmpty ? 'nobody can log in' : 'only the users who were in it before can log in';
    return [`the password file cannot be read, so ${effect}: ${failure.message}`];
  }
  if (isEmpty) return [`nobody can log in until the password file is corrected: ${whyNobody(list)}`];
  return list.problems.map(disabled);
}

function disabled(problem: string): string {
  return `the password file has a user who cannot log in: ${problem}`;
}

function whyNobody({ problems }: PasswordList): string {
  return problems.length > 0 ? problems.join('; ') : 'it contains no users, so nobody could log in';
}

/** Never rejects. The stamp is taken before the content is read, so the next stamp shows a change in between. */
async function readPasswords(path: string, nowMs: number): Promise<Reading> {
  try {
    const stamp = await stampOf(path, nowMs);
    return { stamp, list: parseHtpasswd(await readFile(path, 'utf8')), failure: undefined };
  } catch (error) {
    return { stamp: undefined, list: NOBODY, failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** @throws Error when it cannot be a password file */
async function stampOf(path: string, nowMs: number): Promise<string | undefined> {
  const info = await stat(path, { bigint: true });
  // A pipe may never end, and its content can be read only once.
  if (!info.isFile() && !info.isDirectory()) throw new Error('it is not a regular file');
  if (info.size > MAX_BYTES) throw new Error(`it has ${info.size} bytes; at most ${MAX_BYTES} are allowed`);
  const { dev, ino, size, mtimeNs, mtimeMs, ctimeNs, ctimeMs } = info;
  const changedAtMs = mtimeMs > ctimeMs ? mtimeMs : ctimeMs;
  if (BigInt(nowMs) - changedAtMs < SETTLED_AFTER_MS) return undefined;
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

function explain(path: string, error: Error): string {
  if (hasCode(error, 'ENOENT'))
    return `there is no password file ${path}; create it: htpasswd -Bc ${quoted(path)} USER`;
  return `the password file ${path} cannot be used: ${error.message}; it must be a file that htpasswd -B writes, and this user must be able to read it`;
}

function explainNobody(path: string, list: PasswordList): string {
  return `the password file ${path} cannot be used: ${whyNobody(list)}; add a user: htpasswd -B ${quoted(path)} USER`;
}

/** For a shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function hasCode(error: Error, code: string): boolean {
  return 'code' in error && error.code === code;
}
