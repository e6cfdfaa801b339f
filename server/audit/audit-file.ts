import { closeSync, constants, fstatSync, openSync, type Stats, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../../core/ports/logger.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import type { AuditMetrics } from '../metrics/audit-metrics.ts';

/** How many bytes may wait while the file cannot be written. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** What the disk must have left before a change, where the file is required. */
const MIN_FREE_BYTES = 1024 * 1024;
/** How often a renamed file is looked for, and waiting lines are tried again, in milliseconds. */
const INTERVAL_MS = 1_000;
/** Owner and group: the file says who works on what. */
const MODE = 0o640;
// A pipe without a reader must neither block the start nor stop the process.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** What an operator should know although no line is lost by it. */
const TROUBLES = {
  full: 'the audit log has no room, so nothing may change: log.audit.required is set',
  stale: 'the audit log is still written to the file that was renamed: its name cannot be opened',
};

/** What the file reports to. */
export interface AuditFileDependencies {
  readonly log: Logger;
  readonly metrics: AuditMetrics | undefined;
}

/**
 * A file to which several processes append lines. Each line is one `write` in append mode, so lines of different processes
 * never mix. A line that cannot be written waits in memory, up to 1 MiB in all, and is tried again each second; what does not
 * fit is lost, counted and logged. The file is opened again when it was removed or replaced.
 */
export class AuditFile implements Disposable {
  readonly path: string;
  readonly #dependencies: AuditFileDependencies;
  readonly #retries: NodeJS.Timeout;
  #descriptor: number;
  #opened: Stats;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #problem: string | undefined;
  /** Whether the last write has stopped in the middle of a line. */
  #isTorn = false;
  #lookedAtMs = 0;
  #isMissing = false;
  readonly #reported = new Set<keyof typeof TROUBLES>();

  /** @throws Error of the operating system when the file cannot be opened for appending */
  constructor(path: string, dependencies: AuditFileDependencies) {
    this.path = path;
    this.#dependencies = dependencies;
    this.#descriptor = openSync(path, FLAGS, MODE);
    this.#opened = fstatSync(this.#descriptor);
    this.#retries = setInterval(() => {
      if (this.#problem !== undefined) this.write([]);
    }, INTERVAL_MS).unref();
  }

  /** Appends lines, each with its line feed; never throws. */
  write(lines: readonly string[]): void {
    this.#follow();
    for (const line of lines) this.#wait(Buffer.from(line));
    this.#flush();
  }

  /** Whether a line that is written now would reach the file: nothing waits, and the disk is not full. */
  isReady(): boolean {
    this.#follow();
    this.#flush();
    if (this.#problem !== undefined) return false;
    const reason = this.#whyFull();
    this.#report('full', reason);
    return reason === undefined;
  }

  /** Opens the file again, as after a rotation. If that fails, the open one stays in use. */
  reopen(): void {
    try {
      this.#open();
      this.#flush();
    } catch (error) {
      const reason = errorMessage(error);
      this.#dependencies.log.error({ file: this.path, reason }, 'the audit log could not be opened again');
    }
  }

  /** Writes what waits, and closes the file. */
  [Symbol.dispose](): void {
    clearInterval(this.#retries);
    this.write([]);
    this.#lose(this.#waiting.splice(0).length);
    if (this.#lost > 0) this.#dependencies.log.error({ file: this.path, lost: this.#lost }, 'audit records were lost');
    closeSync(this.#descriptor);
  }

  #whyFull(): string | undefined {
    if (!this.#opened.isFile()) return undefined;
    try {
      const { blocks, bavail, bsize } = statfsSync(dirname(this.path));
      // A file system without a limit of its own reports no blocks at all.
      const isFull = blocks > 0 && bavail * bsize < MIN_FREE_BYTES;
      return isFull ? `its disk has less than ${MIN_FREE_BYTES} bytes left` : undefined;
    } catch (error) {
      return errorMessage(error);
    }
  }

  #open(): void {
    const descriptor = openSync(this.path, FLAGS, MODE);
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#opened = fstatSync(descriptor);
    this.#isMissing = false;
    this.#isTorn = false;
  }

  /** Opens the file again if it was removed, or another one has its name. */
  #follow(): void {
    try {
      if (this.#isRemoved()) this.#open();
      const nowMs = performance.now();
      if (nowMs - this.#lookedAtMs < INTERVAL_MS) return;
      this.#lookedAtMs = nowMs;
      const found = statSync(this.path, { throwIfNoEntry: false });
      // A rotation renames the file and then creates one with the right owner: leave it the time to do so.
      if (found === undefined && !this.#isMissing) this.#isMissing = true;
      else if (found?.ino !== this.#opened.ino || found.dev !== this.#opened.dev) this.#open();
      else this.#isMissing = false;
      this.#report('stale', undefined);
    } catch (error) {
      // A file that was only renamed still takes lines.
      if (this.#isRemoved()) this.#fail(errorMessage(error));
      else this.#report('stale', errorMessage(error));
    }
  }

  #wait(line: Buffer): void {
    if (this.#waitingBytes + line.byteLength > MAX_WAITING_BYTES) return this.#lose(1);
    this.#waiting.push(line);
    this.#waitingBytes += line.byteLength;
  }

  #flush(): void {
    for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
      if (!this.#append(line)) return;
      this.#waiting.shift();
      this.#waitingBytes -= line.byteLength;
      this.#dependencies.metrics?.count('written');
    }
    if (this.#problem !== undefined && !this.#isRemoved()) this.#recover();
  }

  #append(line: Buffer): boolean {
    if (this.#problem !== undefined && this.#isRemoved()) return false;
    // The rest of a line that was cut off would otherwise be the beginning of this one.
    const bytes = this.#isTorn ? Buffer.concat([Buffer.from('\n'), line]) : line;
    try {
      const written = writeSync(this.#descriptor, bytes);
      if (written === bytes.byteLength) {
        this.#isTorn = false;
        return true;
      }
      this.#isTorn ||= written > 0;
      this.#fail('only a part of a line could be written');
    } catch (error) {
      this.#fail(errorMessage(error));
    }
    return false;
  }

  #isRemoved(): boolean {
    return fstatSync(this.#descriptor).nlink === 0;
  }

  #lose(count: number): void {
    if (count === 0) return;
    if (this.#lost === 0)
      this.#dependencies.log.error({ file: this.path }, 'audit records are lost: too many of them wait to be written');
    this.#lost += count;
    for (let each = 0; each < count; each++) this.#dependencies.metrics?.count('lost');
  }

  #fail(reason: string): void {
    if (this.#problem === undefined) {
      this.#dependencies.metrics?.fail();
      const message = 'the audit log cannot be written; records wait in memory until it can';
      this.#dependencies.log.error({ file: this.path, reason }, message);
    }
    this.#problem = reason;
  }

  /** Logs that there is some trouble, once until it has ended. */
  #report(trouble: keyof typeof TROUBLES, reason: string | undefined): void {
    if (reason === undefined) this.#reported.delete(trouble);
    if (reason === undefined || this.#reported.has(trouble)) return;
    this.#reported.add(trouble);
    this.#dependencies.log.error({ file: this.path, reason }, TROUBLES[trouble]);
  }

  #recover(): void {
    this.#dependencies.log.warn({ file: this.path, lost: this.#lost }, 'the audit log is written again');
    this.#problem = undefined;
    this.#lost = 0;
  }
}
