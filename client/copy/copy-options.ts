import type { Digest } from '../../core/digest/digest.ts';
import type { WantedPlatform } from './selection.ts';

/** How images are copied. */
export interface CopyOptions {
  /** Ends the copy: every transfer ends within 100 ms, and what it has stays for the next copy. */
  readonly signal?: AbortSignal | undefined;
  /** How many blobs are in flight at most, 1 to 64; default 4. Blob `i` starts only when blob `i - window` has succeeded. */
  readonly window?: number | undefined;
  /** Which images of an index are copied; default all. */
  readonly platforms?: readonly WantedPlatform[] | undefined;
  /**
   * How an index is copied when only some of its platforms are. `image`: the image itself is copied instead, which
   * is possible for one platform, and the default then. `sparse`: the index is copied unchanged though some of its images
   * are missing; the default for several platforms. `rewrite`: an index with only these images, which has another digest.
   */
  readonly index?: 'image' | 'sparse' | 'rewrite' | undefined;
  /** Whether manifests that refer to what is copied (signatures, SBOMs) are copied too; default `false`. */
  readonly referrers?: boolean | undefined;
  /** Whether other images go on when one fails; default `false`. */
  readonly keepGoing?: boolean | undefined;
  /** Whether only a plan is made: nothing is written; default `false`. */
  readonly dryRun?: boolean | undefined;
  /** How often a transfer that breaks off is resumed before it fails, counted anew after each byte; default 3. */
  readonly retries?: number | undefined;
}

/** What a copy has done. */
export interface CopyResult {
  readonly images: readonly CopiedImage[];
  /** Images that failed; empty unless `keepGoing` was set. */
  readonly failed: ReadonlyArray<{ readonly name: string; readonly error: unknown }>;
  /** Bytes of blobs that were moved by this call. */
  readonly bytes: number;
}

/** An image that is in the target now. */
export interface CopiedImage {
  /** The tag or digest by which it was selected. */
  readonly name: string;
  readonly digest: Digest;
  /** Its digest in the source, if the target has another one. */
  readonly sourceDigest?: Digest | undefined;
}
