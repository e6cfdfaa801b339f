import { type Digest, isDigest } from '../digest/digest.ts';
import {
  DESCRIPTOR_FIELDS,
  type Descriptor,
  isJsonObject,
  type JsonObject,
  knownFields,
  type Platform,
} from '../model/descriptor.ts';
import { isMediaType, OCTET_STREAM } from '../model/media-types.ts';
import { CONTENT_FIELDS, likeliestFormat, STORED_FIELDS } from './formats/index.ts';
import type { ContentField } from './manifest-format.ts';

/**
 * The content of a stored manifest, which any program may have stored. Nothing is validated: a part that cannot be read
 * counts as absent.
 */
export interface StoredContent {
  /** The media type with which the bytes are served. */
  readonly mediaType: string;
  /** The manifests that an index lists. */
  readonly children: readonly Descriptor[];
  /** The configuration and layers of an image. */
  readonly blobs: readonly Descriptor[];
  /** The layers of a schema 1 image. */
  readonly sums: readonly Digest[];
  /** Whether the bytes are a manifest of a known format, so that all their content is read. */
  readonly isKnown: boolean;
  readonly subject: Descriptor | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Reads any bytes that are stored as a manifest. It never throws. */
export function readStoredManifest(bytes: Uint8Array): StoredContent {
  const document = documentIn(bytes);
  const { config, subject, artifactType, annotations } = document ?? {};
  return {
    mediaType: mediaTypeOf(document),
    children: contentIn(document, 'child'),
    blobs: contentIn(document, 'blob'),
    sums: sumsIn(document),
    isKnown: document !== undefined && CONTENT_FIELDS.some(({ name }) => document[name] !== undefined),
    subject: descriptorIn(subject),
    artifactType: textIn(artifactType) || descriptorFields(config)?.mediaType || undefined,
    annotations: annotationsIn(annotations),
  };
}

/** The first child that runs on `platform`. */
export function childFor({ children }: StoredContent, { os, architecture }: Platform): Descriptor | undefined {
  return children.find(({ platform }) => platform?.os === os && platform?.architecture === architecture);
}

function documentIn(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    return isJsonObject(value) ? knownFields(value, STORED_FIELDS) : undefined;
  } catch {
    return undefined;
  }
}

// Only types that no browser renders: anybody may have written the document.
function mediaTypeOf(document: JsonObject | undefined): string {
  if (document === undefined) return OCTET_STREAM;
  const declared = textIn(document['mediaType']);
  if (declared !== undefined && declared.startsWith('application/') && isMediaType(declared)) return declared;
  return likeliestFormat(document)?.mediaType ?? 'application/json';
}

function contentIn(document: JsonObject | undefined, wanted: ContentField['role']): Descriptor[] {
  if (document === undefined) return [];
  return CONTENT_FIELDS.flatMap(({ name, holds, role }) => {
    if (role !== wanted || holds === 'sums') return [];
    return descriptorsIn(holds === 'descriptor' ? [document[name]] : document[name]);
  });
}

function sumsIn(document: JsonObject | undefined): Digest[] {
  if (document === undefined) return [];
  return CONTENT_FIELDS.filter(({ holds }) => holds === 'sums').flatMap(({ name }) => {
    const list: readonly unknown[] = Array.isArray(document[name]) ? document[name] : [];
    const sums = list.map((each) => (isJsonObject(each) ? textIn(each['blobSum']) : undefined));
    return sums.filter((sum) => sum !== undefined).filter(isDigest);
  });
}

function descriptorsIn(value: unknown): Descriptor[] {
  return Array.isArray(value) ? value.map(descriptorIn).filter((each) => each !== undefined) : [];
}

function descriptorIn(value: unknown): Descriptor | undefined {
  const fields = descriptorFields(value);
  if (fields === undefined) return undefined;
  const { digest, ...others } = fields;
  return digest !== undefined && isDigest(digest) ? { digest, ...others } : undefined;
}

function descriptorFields(value: unknown): (Omit<Descriptor, 'digest'> & { digest: string | undefined }) | undefined {
  if (!isJsonObject(value)) return undefined;
  const { mediaType, digest, size, platform } = knownFields(value, DESCRIPTOR_FIELDS);
  return {
    mediaType: textIn(mediaType) ?? '',
    digest: textIn(digest),
    size: typeof size === 'number' && Number.isSafeInteger(size) ? size : 0,
    ...(isJsonObject(platform) ? { platform: platformIn(platform) } : {}),
  };
}

function platformIn(value: JsonObject): Platform {
  const [architecture, os] = [textIn(value['architecture']), textIn(value['os'])];
  return { ...(architecture === undefined ? {} : { architecture }), ...(os === undefined ? {} : { os }) };
}

function annotationsIn(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  );
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
