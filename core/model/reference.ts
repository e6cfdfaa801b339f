import { randomUUID } from 'node:crypto';
import { algorithmOf, type Digest, hexOf, parseContentDigest } from '../digest/digest.ts';
import { RegistryError } from './errors.ts';

declare const repositoryNameBrand: unique symbol;
declare const tagBrand: unique symbol;
declare const uploadIdBrand: unique symbol;

/** A repository's name, for example `library/ubuntu`. */
export type RepositoryName = string & { readonly [repositoryNameBrand]: true };

/** A tag, for example `latest`. */
export type Tag = string & { readonly [tagBrand]: true };

/** The id of an upload: a UUID for those begun here, any safe file name for others. */
export type UploadId = string & { readonly [uploadIdBrand]: true };

/** The tag or digest at the end of a manifest's URL. */
export type Reference =
  | { readonly kind: 'tag'; readonly tag: Tag }
  | { readonly kind: 'digest'; readonly digest: Digest };

/** Longest repository name, as in distribution's reference grammar. */
export const MAX_NAME_LENGTH = 255;

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const UPLOAD_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;

/**
 * Parses a repository name (distribution-spec, "Pulling manifests": `<name>`).
 * @throws RegistryError `NAME_INVALID`
 */
export function parseRepositoryName(text: string): RepositoryName {
  if (text.length > MAX_NAME_LENGTH) {
    throw new RegistryError('NAME_INVALID', {
      name: text.slice(0, MAX_NAME_LENGTH),
      reason: `longer than ${MAX_NAME_LENGTH} characters`,
    });
  }
  if (!NAME.test(text)) {
    throw new RegistryError('NAME_INVALID', {
      name: text,
      reason:
        'must consist of lower-case letters and digits, joined by ".", "_", "__" or "-", in parts separated by "/"',
    });
  }
  return text as RepositoryName;
}

/** Whether `text` is a repository name. */
export function isRepositoryName(text: string): text is RepositoryName {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}

/** Whether `text` is a tag (distribution-spec, "Pulling manifests": `<reference>`). */
export function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/**
 * Parses a tag.
 * @throws RegistryError `TAG_INVALID`
 */
export function parseTag(text: string): Tag {
  if (!isTag(text)) {
    throw new RegistryError('TAG_INVALID', {
      tag: text.slice(0, 256),
      reason: 'must be 1 to 128 of the characters A-Z a-z 0-9 _ . - and must not begin with . or -',
    });
  }
  return text;
}

const MAX_FALLBACK_ALGORITHM = 32;
const MAX_FALLBACK_ENCODED = 64;

/**
 * The tag under which clients list the referrers of `subject` in a registry without an API for them
 * (distribution-spec, "Referrers Tag Schema").
 */
export function fallbackTag(subject: Digest): Tag {
  const algorithm = algorithmOf(subject).slice(0, MAX_FALLBACK_ALGORITHM);
  const text = `${algorithm}-${hexOf(subject).slice(0, MAX_FALLBACK_ENCODED)}`;
  return parseTag(text.replace(/[^A-Za-z0-9._-]/g, '-'));
}

/**
 * Parses a tag or a digest; a `:` tells them apart.
 * @throws RegistryError `TAG_INVALID` or `DIGEST_INVALID`
 */
export function parseReference(text: string): Reference {
  return text.includes(':')
    ? { kind: 'digest', digest: parseContentDigest(text) }
    : { kind: 'tag', tag: parseTag(text) };
}

/** Formats a reference as it appears in a URL. */
export function formatReference(reference: Reference): string {
  return reference.kind === 'tag' ? reference.tag : reference.digest;
}

/** Whether `text` is a valid upload id. */
export function isUploadId(text: string): text is UploadId {
  return UPLOAD_ID.test(text);
}

/**
 * Parses the id of an upload.
 * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`: no upload can have such an id
 */
export function parseUploadId(text: string): UploadId {
  if (!isUploadId(text)) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid: text.slice(0, 128) });
  return text;
}

/** Creates a new, unique id. */
export function createUploadId(): UploadId {
  return randomUUID() as string as UploadId;
}
