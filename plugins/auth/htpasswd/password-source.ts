import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { RegistryError } from '../../../core/errors.ts';
import { type PasswordList, parseHtpasswd } from './parse-htpasswd.ts';

// Clocks of file systems tick in up to two seconds: a younger file can change again without another stamp.
const SETTLED_AFTER_MS = 2000;

/** What a {@link PasswordSource} uses besides its file. */
export interface PasswordSourceOptions {
  readonly warn: PluginContext['warn'];
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
}

interface Reading {
  /** What identifies this state of the file; `undefined` when it may change unnoticed or could not be looked at. */
  readonly stamp: string | undefined;
  readonly content: PasswordList | Error;
}

/**
 * The password file, looked at (one `stat`) for every request and read again when it has changed. A file that
 * has become missing, unreadable or wrong lets nobody in until it is right again: the list from before would go
 * on admitting whoever was just struck off. To change it without such a gap, write a new file and rename it.
 */
export class PasswordSource {
  readonly #path: string;
  readonly #warn: PluginContext['warn'];
  readonly #now: () => number;
  #last: Reading;
  #reloading: Promise<Reading> | undefined;

  private constructor(path: string, { warn, now = Date.now }: PasswordSourceOptions, first: Reading) {
    this.#path = path;
    this.#warn = warn;
    this.#now = now;
    this.#last = first;
  }

  /**
   * A folder, which is what the path of Debian's package names until somebody changes it, lets nobody in.
   * @throws Error that says what is wrong with the file and how to make one
   */
  static async open(path: string, options: PasswordSourceOptions): Promise<PasswordSource> {
    const first = await readPasswords(path, options.now?.() ?? Date.now());
    if (isFolder(first)) options.warn(`nobody can log in: ${path} is a folder, and must be a password file`, { path });
    else if (first.content instanceof Error) throw new Error(explain(path, first.content), { cause: first.content });
    return new PasswordSource(path, options, first);
  }

  /**
   * The users as the file has them now.
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used
   */
  async current(): Promise<PasswordList> {
    const stamp =
      this.#last.stamp === undefined ? undefined : await stampOf(this.#path, this.#now()).catch(() => undefined);
    const { content } = stamp === undefined || stamp !== this.#last.stamp ? await this.#reloaded() : this.#last;
    if (content instanceof Error) {
      throw new RegistryError('UNAVAILABLE', { reason: 'the password file cannot be used; the log says why' });
    }
    return content;
  }

  #reloaded(): Promise<Reading> {
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #reload(): Promise<Reading> {
    const before = problemOf(this.#last);
    this.#last = await readPasswords(this.#path, this.#now());
    const now = problemOf(this.#last);
    const fields = { path: this.#path };
    if (now !== undefined && now !== before) {
      this.#warn(`nobody can log in until the password file is right again: ${now}`, fields);
    }
    if (now === undefined && before !== undefined) this.#warn('the password file is right again', fields);
    return this.#last;
  }
}

function isFolder({ content }: Reading): boolean {
  return content instanceof Error && 'code' in content && content.code === 'EISDIR';
}

function problemOf({ content }: Reading): string | undefined {
  return content instanceof Error ? content.message : undefined;
}

/** Never rejects. The stamp is older than the content, so that a change between the two shows in the next one. */
async function readPasswords(path: string, nowMs: number): Promise<Reading> {
  try {
    const stamp = await stampOf(path, nowMs);
    return { stamp, content: parseHtpasswd(await readFile(path, 'utf8')) };
  } catch (error) {
    return { stamp: undefined, content: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function stampOf(path: string, nowMs: number): Promise<string | undefined> {
  const { dev, ino, size, mtimeNs, mtimeMs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
  const changedAtMs = mtimeMs > ctimeMs ? mtimeMs : ctimeMs;
  if (BigInt(nowMs) - changedAtMs < SETTLED_AFTER_MS) return undefined;
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

function explain(path: string, error: Error): string {
  if ('code' in error && error.code === 'ENOENT') {
    const quoted = `'${path.replaceAll("'", "'\\''")}'`;
    return `there is no password file ${path}; create it: htpasswd -Bbn USER PASSWORD > ${quoted}`;
  }
  return `the password file ${path} cannot be used: ${error.message}`;
}
