import { resolve } from 'node:path';
import type { EventDispatch } from '../../core/events/event-dispatch.ts';
import type { AuditRecord } from '../../core/ports/audit-record.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import type { AuditConfiguration, AuditEvent } from '../config/index.ts';
import { AuditFile, type AuditFileDependencies } from './audit-file.ts';
import { auditLine } from './audit-line.ts';
import { recordWithoutTokens } from './record-without-tokens.ts';

/** Where records go, and what is told when they cannot. */
export interface AuditLogDependencies extends AuditFileDependencies {
  readonly sinks: Pick<EventDispatch, 'takesRecords' | 'publishRecord'>;
}

/** Other settings that can be used from now on; disposed without {@link adopt}, they leave no trace. */
export interface PreparedAudit extends Disposable {
  /** Puts them into effect. */
  readonly adopt: () => void;
}

/** The audit log of this process: writes records to its file, and passes them to event sinks. */
export class AuditLog implements Disposable {
  readonly #dependencies: AuditLogDependencies;
  readonly #baseFolder: string;
  #file: AuditFile | undefined;
  #events: ReadonlySet<AuditEvent> = new Set();
  #isRequired = false;

  /** @param options.baseFolder where the path of its file begins, if it is relative */
  constructor(dependencies: AuditLogDependencies, { baseFolder }: { readonly baseFolder: string }) {
    this.#dependencies = dependencies;
    this.#baseFolder = baseFolder;
  }

  /** Whether anything takes records. */
  get isOn(): boolean {
    return this.#file !== undefined || this.#dependencies.sinks.takesRecords;
  }

  /** Whether records of this kind are wanted. */
  wants(event: AuditEvent): boolean {
    return this.#events.has(event);
  }

  /** Whether a request may change something now: always, unless the file is required and cannot be written. */
  allowsChanges(): boolean {
    return !this.#isRequired || this.#file?.isReady() === true;
  }

  /** Writes the records of one request, without the tokens in their texts; never throws. */
  write(records: readonly AuditRecord[]): void {
    const shown = records.map(recordWithoutTokens);
    this.#file?.write(shown.map(auditLine));
    for (const record of shown) this.#dependencies.sinks.publishRecord(record);
  }

  /**
   * Opens the file that the settings name, unless it is the current one.
   * @throws Error that names `log.audit.file` and says what prevents writing
   */
  prepare({ file, events, required }: AuditConfiguration): PreparedAudit {
    const path = file === undefined ? undefined : resolve(this.#baseFolder, file);
    const isSame = path === this.#file?.path;
    const opened = isSame || path === undefined ? undefined : this.#open(path);
    let isAdopted = false;
    return {
      adopt: () => {
        isAdopted = true;
        this.#events = new Set(events);
        this.#isRequired = required;
        if (isSame) return;
        this.#file?.[Symbol.dispose]();
        this.#file = opened;
      },
      [Symbol.dispose]: () => {
        if (!isAdopted) opened?.[Symbol.dispose]();
      },
    };
  }

  /** Opens the file again, as after a rotation. */
  reopen(): void {
    this.#file?.reopen();
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  #open(path: string): AuditFile {
    try {
      return new AuditFile(path, this.#dependencies);
    } catch (error) {
      throw new AuditFileError(`log.audit.file ${whyNotOpened(error)}`, { cause: error });
    }
  }
}

/** What is wrong with the file of the audit log, and what to do about it. @param error as Node gives it */
export function whyNotOpened(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const remedy =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? 'create its folder'
      : code === 'EACCES' || code === 'EPERM'
        ? 'let this process write there'
        : 'name a file on a disk that can be written';
  return `cannot be opened for writing: ${errorMessage(error)}; ${remedy}`;
}

/** The file of the audit log cannot be opened; the message says why. */
export class AuditFileError extends Error {
  override readonly name = 'AuditFileError';
}
