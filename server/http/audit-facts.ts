import type { Restored } from '../../core/admin/trash-administration.ts';
import type { Digest } from '../../core/digest/digest.ts';
import type { RegistryError } from '../../core/model/errors.ts';
import type { Tag } from '../../core/model/reference.ts';
import type { AuditRecord } from '../../core/ports/audit-record.ts';
import type { AuditedAct } from '../../core/ports/route-extension.ts';

/** The blob that a client wanted to mount. */
export interface WantedMount {
  readonly digest: Digest;
  /** The source that the client named, or that was found for it; absent for anywhere, and if none was found. */
  readonly from: string | undefined;
  /** Why the source is out of reach for the client. */
  readonly refusal?: RegistryError | undefined;
}

/** What only the handler of a request and the services learn about it; the audit log needs it when the request has ended. */
export class AuditFacts {
  /** To what the tags that the request set or removed pointed before; `undefined` for a new tag. */
  readonly tags = new Map<Tag, Digest | undefined>();
  #hasRestored = false;
  readonly #record: (restored: Restored) => void;
  mount: WantedMount | undefined;
  /** What the query of a request to the admin API asks for. */
  asked: Pick<AuditRecord, 'repository' | 'fromRepository' | 'tag' | 'force'> | undefined;
  /** What a route of a plugin says. */
  told: AuditedAct | undefined;

  /** @param record records what has come back */
  constructor(record: (restored: Restored) => void) {
    this.#record = record;
  }

  /** Whether anything has come back, from the trash or as of a time. */
  get hasRestored(): boolean {
    return this.#hasRestored;
  }

  /** Records at once what has come back: it may be too much to hold, and the process may die before the request ends. */
  noteRestored(restored: Restored): void {
    this.#hasRestored = true;
    this.#record(restored);
    if (restored.tag !== undefined) this.tags.delete(restored.tag);
  }
}
