import type { Reference } from '../../core/model/reference.ts';

/** The images to copy: by name, or by rules for tags. */
export type Selection = { readonly images: readonly SelectedImage[] } | { readonly tags: TagRules };

/** One image, and its name in the target. */
export interface SelectedImage {
  /** Default: the only image of the source; for a registry, the one tagged `latest`. */
  readonly from?: Reference | undefined;
  /** Default: as in the source; without a tag if it was selected by digest. */
  readonly to?: Reference | undefined;
  /** Its whole name in a target that stores whole names; its tag is that of `to`. */
  readonly name?: string | undefined;
}

/** Rules for the tags to copy, each under its own name. A tag must match every given rule. */
export interface TagRules {
  /** Glob patterns (`v1.*`, `*-slim`, `{a,b}`), of which one must match. Default: every tag. */
  readonly include?: readonly string[] | undefined;
  /** Glob patterns of which none may match. */
  readonly exclude?: readonly string[] | undefined;
  /** A range such as `>=1.2 <3`; tags that are not versions (with or without a leading `v`) are excluded. */
  readonly semver?: string | undefined;
  /**
   * The maximum number of the remaining tags: the highest versions if a range is given, otherwise the newest images.
   */
  readonly newest?: number | undefined;
}

/** A platform as users write it: `linux/amd64`, `linux/arm/v7`. */
export interface WantedPlatform {
  readonly os: string;
  readonly architecture: string;
  /** Default: any variant matches. */
  readonly variant?: string | undefined;
}

/** The tag by which an image was selected, or its whole name, or its digest. */
export function nameOf({ from, name }: SelectedImage): string | undefined {
  if (from === undefined) return name;
  return from.kind === 'tag' ? from.tag : (name ?? from.digest);
}
