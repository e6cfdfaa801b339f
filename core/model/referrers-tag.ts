import { type Digest, parseDigest } from '../digest/digest.ts';
import type { Tag } from './reference.ts';

const REFERRERS_TAG = /^(sha256|sha384|sha512)-([0-9a-f]{64})(?:\.[a-z]+)?$/;

/**
 * Whether a tag is one under which registries without a referrers API store what refers to another manifest: the
 * fallback tag of the distribution-spec, or that of cosign, which ends in `.sig`, `.att` or `.sbom`.
 */
export function isReferrersTag(tag: string): boolean {
  return REFERRERS_TAG.test(tag);
}

/** The manifest to which the content of such a tag refers; `undefined` if the tag has only a part of its digest. */
export function subjectOfTag(tag: Tag): Digest | undefined {
  const [, algorithm, hex] = REFERRERS_TAG.exec(tag) ?? [];
  return algorithm === 'sha256' ? parseDigest(`${algorithm}:${hex}`) : undefined;
}
