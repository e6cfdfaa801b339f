import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { descriptorText } from '../../model/descriptor-text.ts';
import type { ReferrersPage, ReferrersRequest } from '../referrer-service.ts';

/** The most referrers that one page checks, whether or not they pass the filter. */
export const MAX_LOOKED_AT = 1000;
/** Clients accept an index of 4 MiB; the rest is for the JSON around the descriptors. */
const MAX_PAGE_BYTES = 4_000_000;

/** Collects referrers until a page is full. */
export class ReferrersInProgress implements ReferrersPage {
  readonly items: Descriptor[] = [];
  next: Digest | undefined;
  readonly #limit: number;
  readonly #artifactTypes: readonly string[];
  #lookedAt = 0;
  #bytes = 0;

  constructor({ limit, artifactTypes }: ReferrersRequest) {
    this.#limit = limit;
    this.#artifactTypes = artifactTypes.map((type) => type.toLowerCase());
  }

  /** Adds a referrer, if it exists and passes the filter; `false` when it belongs on the next page. */
  offer(digest: Digest, descriptor: Descriptor | undefined): boolean {
    if (this.#lookedAt >= MAX_LOOKED_AT) return false;
    if (descriptor !== undefined && this.#isWanted(descriptor)) {
      const bytes = Buffer.byteLength(descriptorText(descriptor));
      const isFull = this.items.length >= this.#limit || this.#bytes + bytes > MAX_PAGE_BYTES;
      if (isFull && this.items.length > 0) return false;
      this.items.push(descriptor);
      this.#bytes += bytes;
    }
    this.#lookedAt += 1;
    this.next = digest;
    return true;
  }

  #isWanted({ artifactType }: Descriptor): boolean {
    const wanted = this.#artifactTypes;
    return wanted.length === 0 || (artifactType !== undefined && wanted.includes(artifactType.toLowerCase()));
  }
}
