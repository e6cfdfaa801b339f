import type { Reference } from '../../core/model/reference.ts';

/** What is copied: images by name, or tags by rule. */
export type Selection = { readonly images: readonly SelectedImage[] } | { readonly tags: TagRules };

/** One image, and what it is called in the target. */
export interface SelectedImage {
  /** Absent: the only image of the source; of a registry, the one tagged `latest`. */
  readonly from?: Reference | undefined;
  /** Absent: as in the source; without a tag where the source was asked by digest. */
  readonly to?: Reference | undefined;
  /** Its whole name in a target that keeps such names; its tag is that of `to`. */
  readonly name?: string | undefined;
}

/** Which tags are copied, each under its own name. A tag must fulfil every rule that is given. */
export interface TagRules {
  /** Glob patterns (`v1.*`, `*-slim`, `{a,b}`), of which one must match; without any, every tag is included. */
  readonly include?: readonly string[] | undefined;
  /** Glob patterns of which none may match. */
  readonly exclude?: readonly string[] | undefined;
  /** A range such as `>=1.2 <3`; tags that are no versions (with or without a leading `v`) are left out. */
  readonly semver?: string | undefined;
  /** Only so many of the rest: the highest versions where a range is given, otherwise the youngest images. */
  readonly newest?: number | undefined;
}

/** A platform as users write it: `linux/amd64`, `linux/arm/v7`. */
export interface WantedPlatform {
  readonly os: string;
  readonly architecture: string;
  /** Without it any variant matches. */
  readonly variant?: string | undefined;
}

/** The tag by which an image was selected, or else its whole name, or its digest. */
export function nameOf({ from, name }: SelectedImage): string | undefined {
  if (from === undefined) return name;
  return from.kind === 'tag' ? from.tag : (name ?? from.digest);
}
