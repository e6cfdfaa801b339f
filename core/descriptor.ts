import { algorithmOf, type Digest, parseDigest } from './digest.ts';
import { DigestVerifier } from './digester.ts';
import { RegistryError } from './errors.ts';
import { isMediaType } from './media-types.ts';

/** What names a piece of content: type, address and length (image-spec, "Descriptor"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** What a child of an index runs on. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
}

/** A JSON object as it came from outside. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error for something in a manifest, `at` being a place such as `layers[2].size`. */
export function manifestProblem(at: string, reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', { at, reason });
}

/**
 * Refuses a field that differs from one of `known` in case only: Go clients match field names without regard to
 * case and would read another document than this registry.
 */
export function checkFieldNames(object: JsonObject, known: ReadonlyMap<string, string>, at?: string): void {
  for (const key of Object.keys(object)) {
    const field = known.get(fold(key));
    if (field === undefined || field === key) continue;
    throw manifestProblem(at === undefined ? key : `${at}.${key}`, `differs from "${field}" in case only`);
  }
}

/** Field names for {@link checkFieldNames}. */
export function foldedNames(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [fold(name), name]));
}

// Both ways, because Go also takes the long s for an s and the Kelvin sign for a k.
function fold(name: string): string {
  return name.toLowerCase().toUpperCase();
}

const FIELDS = foldedNames(['mediaType', 'digest', 'size', 'urls', 'artifactType', 'annotations', 'platform', 'data']);

/**
 * Reads a descriptor out of a manifest. Unknown fields are ignored.
 * @throws RegistryError `MANIFEST_INVALID` or `DIGEST_INVALID`, both naming the place
 */
export function parseDescriptor(value: unknown, at: string): Descriptor {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be a descriptor object');
  checkFieldNames(value, FIELDS, at);
  const { mediaType, size, urls, artifactType, annotations, platform, data } = value;
  if (typeof mediaType !== 'string' || !isMediaType(mediaType)) {
    throw manifestProblem(`${at}.mediaType`, 'must be a media type');
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw manifestProblem(`${at}.size`, 'must be an integer of at least 0 and below 2^53');
  }
  const digest = parseDescriptorDigest(value['digest'], at);
  checkData(data, { digest, size }, `${at}.data`);
  return {
    mediaType,
    digest,
    size,
    ...(urls === undefined ? {} : { urls: parseStrings(urls, `${at}.urls`) }),
    ...(artifactType === undefined ? {} : { artifactType: parseMediaType(artifactType, `${at}.artifactType`) }),
    ...(annotations === undefined ? {} : { annotations: parseAnnotations(annotations, `${at}.annotations`) }),
    ...(platform === undefined ? {} : { platform: parsePlatform(platform, `${at}.platform`) }),
  };
}

function parseDescriptorDigest(value: unknown, at: string): Digest {
  if (typeof value !== 'string') throw manifestProblem(`${at}.digest`, 'must be a digest');
  try {
    return parseDigest(value);
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    throw new RegistryError('DIGEST_INVALID', { at: `${at}.digest`, ...error.detail });
  }
}

// image-spec: embedded data must be exactly the content that the descriptor names.
function checkData(data: unknown, { digest, size }: { digest: Digest; size: number }, at: string): void {
  if (data === undefined) return;
  const reason = 'must be the base64 form of exactly the content that digest and size name';
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw manifestProblem(at, reason);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.byteLength !== size || bytes.toString('base64') !== data) throw manifestProblem(at, reason);
  const verifier = new DigestVerifier(digest);
  verifier.update(bytes);
  if (!verifier.verified) throw manifestProblem(at, `${reason}; its ${algorithmOf(digest)} digest differs`);
}

/** Reads an optional field that holds a media type. */
export function parseMediaType(value: unknown, at: string): string {
  if (typeof value !== 'string' || !isMediaType(value)) throw manifestProblem(at, 'must be a media type');
  return value;
}

/** Reads annotations: text to text. */
export function parseAnnotations(value: unknown, at: string): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be an object of strings');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw manifestProblem(`${at}[${JSON.stringify(key)}]`, 'must be a string');
  }
  return value as Readonly<Record<string, string>>;
}

function parseStrings(value: unknown, at: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw manifestProblem(at, 'must be a list of strings');
  }
  return value;
}

function parsePlatform(value: unknown, at: string): Platform {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be an object');
  const { architecture, os } = value;
  if (typeof architecture !== 'string' || typeof os !== 'string') {
    throw manifestProblem(at, 'must name architecture and os');
  }
  return { architecture, os };
}
