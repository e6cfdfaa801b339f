import type { Digest } from '../../core/digest/digest.ts';
import type { WantedPlatform } from './selection.ts';

/** How images are copied. */
export interface CopyOptions {
  /** Aborts the copy: every transfer ends within 100 ms, and its bytes stay for the next copy. */
  readonly signal?: AbortSignal | undefined;
  /** The most blobs in flight, 1 to 64; default 4. Blob `i` starts only after blob `i - window` has succeeded. */
  readonly window?: number | undefined;
  /** Which images of an index are copied; default all. */
  readonly platforms?: readonly WantedPlatform[] | undefined;
  /**
   * How an index is copied when only some of its platforms are. `image`: the image itself is copied instead, which is
   * possible for one platform and then the default. `sparse`: the index is copied unchanged although some of its images
   * are missing; the default for several platforms. `rewrite`: an index of only these images, which has another digest.
   */
  readonly index?: 'image' | 'sparse' | 'rewrite' | undefined;
  /** Whether manifests that refer to the copied ones (signatures, SBOMs) are copied as well; default `false`. */
  readonly referrers?: boolean | undefined;
  /** Whether to continue with other images when one fails; default `false`. */
  readonly keepGoing?: boolean | undefined;
  /** Whether to make only a plan and write nothing; default `false`. */
  readonly dryRun?: boolean | undefined;
  /** How often a broken transfer is resumed before it fails; progress resets the count. Default: 3. */
  readonly retries?: number | undefined;
}

/** The result of a copy. */
export interface CopyResult {
  readonly images: readonly CopiedImage[];
  /** Images that failed; empty unless `keepGoing` was set. */
  readonly failed: ReadonlyArray<{ readonly name: string; readonly error: unknown }>;
  /** The bytes of blobs that this call moved. */
  readonly bytes: number;
}

/** An image that is now in the target. */
export interface CopiedImage {
  /** The tag or digest by which it was selected. */
  readonly name: string;
  readonly digest: Digest;
  /** Its digest in the source, if that of the target differs. */
  readonly sourceDigest?: Digest | undefined;
}
