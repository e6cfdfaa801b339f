import { algorithmOf, type Digest, parseContentDigest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import { RegistryError } from './errors.ts';

/** What names a piece of content: type, address and length (image-spec, "Descriptor"). */
export interface Descriptor {
  /** Empty when the descriptor says nothing of it. */
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes; also 0 when the descriptor says nothing of them. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** What a child of an index runs on, as far as the descriptor says so. */
export interface Platform {
  readonly architecture?: string;
  readonly os?: string;
}

/** A JSON object as it came from outside. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a field is not there, for which Go also writes and reads null. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Whether a text field is not there, for which Go also reads an empty text. */
export function isNothing(value: unknown): boolean {
  return isAbsent(value) || value === '';
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

/** The fields of `known`, whatever the case of their names, as Go clients read them: the last of several counts. */
export function knownFields(object: JsonObject, known: ReadonlyMap<string, string>): JsonObject {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    const field = known.get(fold(key));
    if (field !== undefined) fields[field] = value;
  }
  return fields;
}

/** Field names for {@link checkFieldNames} and {@link knownFields}. */
export function foldedNames(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [fold(name), name]));
}

// Both ways, because Go also takes the long s for an s and the Kelvin sign for a k.
function fold(name: string): string {
  return name.toLowerCase().toUpperCase();
}

/** The fields of a descriptor that are read. */
export const DESCRIPTOR_FIELDS = foldedNames([
  'mediaType',
  'digest',
  'size',
  'urls',
  'artifactType',
  'annotations',
  'platform',
  'data',
]);

/**
 * Reads a descriptor out of a manifest. Unknown fields are ignored, null is the same as a field that is not there, and
 * texts that are only stored are not judged.
 * @throws RegistryError `MANIFEST_INVALID` or `DIGEST_INVALID`, both naming the place
 */
export function parseDescriptor(value: unknown, at: string): Descriptor {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be a descriptor object');
  checkFieldNames(value, DESCRIPTOR_FIELDS, at);
  const { mediaType, urls, artifactType, annotations, platform, data } = value;
  const size = value['size'] ?? 0;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw manifestProblem(
      `${at}.size`,
      'must be an integer of at least 0 and below 2^53, without fraction or exponent',
    );
  }
  const digest = parseDescriptorDigest(value['digest'], at);
  checkData(data, { digest, size }, `${at}.data`);
  const type = parseText(artifactType, `${at}.artifactType`);
  return {
    mediaType: parseText(mediaType, `${at}.mediaType`) ?? '',
    digest,
    size,
    ...(isAbsent(urls) ? {} : { urls: parseTexts(urls, `${at}.urls`) }),
    ...(type === undefined ? {} : { artifactType: type }),
    ...(isAbsent(annotations) ? {} : { annotations: parseAnnotations(annotations, `${at}.annotations`) }),
    ...(isAbsent(platform) ? {} : { platform: parsePlatform(platform, `${at}.platform`) }),
  };
}

function parseDescriptorDigest(value: unknown, at: string): Digest {
  if (typeof value !== 'string') throw manifestProblem(`${at}.digest`, 'must be a digest');
  try {
    return parseContentDigest(value);
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    throw new RegistryError('DIGEST_INVALID', { at: `${at}.digest`, ...error.detail });
  }
}

// image-spec: embedded data must be exactly the content that the descriptor names.
function checkData(data: unknown, { digest, size }: { digest: Digest; size: number }, at: string): void {
  if (isNothing(data)) return;
  const reason = 'must be the base64 form of exactly the content that digest and size name';
  if (typeof data !== 'string') throw manifestProblem(at, reason);
  // Go reads base64 with line breaks.
  const text = data.replaceAll(/[\r\n]/g, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength !== size || bytes.toString('base64') !== text) throw manifestProblem(at, reason);
  const verifier = new DigestVerifier(digest);
  verifier.update(bytes);
  if (!verifier.verified) throw manifestProblem(at, `${reason}; its ${algorithmOf(digest)} digest differs`);
}

/** Reads an optional text. */
export function parseText(value: unknown, at: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') throw manifestProblem(at, 'must be a string');
  return value;
}

/** Reads annotations: text to text; an empty one for null. */
export function parseAnnotations(value: unknown, at: string): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be an object of strings');
  let hasNull = false;
  // There may be tens of thousands, and lists of keys or values would cost more than parsing did.
  for (const key in value) {
    const text = value[key];
    if (typeof text === 'string') continue;
    if (!isAbsent(text)) throw manifestProblem(`${at}[${JSON.stringify(key)}]`, 'must be a string');
    hasNull = true;
  }
  const given = value as Readonly<Record<string, string | null>>;
  if (!hasNull) return given as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(given).map(([key, text]) => [key, text ?? '']));
}

/** Reads a list of texts; an empty one for null. */
function parseTexts(value: unknown, at: string): readonly string[] {
  if (!Array.isArray(value)) throw manifestProblem(at, 'must be a list of strings');
  return value.map((text: unknown, index) => parseText(text, `${at}[${index}]`) ?? '');
}

function parsePlatform(value: unknown, at: string): Platform {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be an object');
  const architecture = parseText(value['architecture'], `${at}.architecture`);
  const os = parseText(value['os'], `${at}.os`);
  // Nothing here depends on the others, but a client that cannot read one of them cannot read the manifest.
  for (const field of ['os.version', 'variant']) parseText(value[field], `${at}.${field}`);
  for (const field of ['os.features', 'features']) {
    if (!isAbsent(value[field])) parseTexts(value[field], `${at}.${field}`);
  }
  return { ...(architecture === undefined ? {} : { architecture }), ...(os === undefined ? {} : { os }) };
}
