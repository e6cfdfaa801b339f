import { algorithmOf, type Digest, parseContentDigest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import { RegistryError } from './errors.ts';

/** The reference to a piece of content: type, digest and size (image-spec, "Descriptor"). */
export interface Descriptor {
  /** Empty if the descriptor does not state it. */
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes; 0 if the descriptor does not state it. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** The platform of a child of an index, as far as the descriptor states it. */
export interface Platform {
  readonly architecture?: string;
  readonly os?: string;
}

/** An unvalidated JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a field is absent; Go also writes and reads null for an absent field. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Whether a text field is absent or empty, which is the same to Go. */
export function isNothing(value: unknown): boolean {
  return isAbsent(value) || value === '';
}

/** The error for a problem in a manifest; `at` is its place, such as `layers[2].size`. */
export function manifestProblem(at: string, reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', { at, reason });
}

/**
 * Rejects a field whose name differs from one of `known` in case only: Go clients ignore the case of field names and
 * would read a different document than this registry.
 */
export function checkFieldNames(object: JsonObject, known: ReadonlyMap<string, string>, at?: string): void {
  for (const key of Object.keys(object)) {
    const field = known.get(fold(key));
    if (field === undefined || field === key) continue;
    throw manifestProblem(at === undefined ? key : `${at}.${key}`, `differs from "${field}" in case only`);
  }
}

/** The fields of `known`, in any case, as Go clients read them: the last of several duplicates counts. */
export function knownFields(object: JsonObject, known: ReadonlyMap<string, string>): JsonObject {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    const field = known.get(fold(key));
    if (field !== undefined) fields[field] = value;
  }
  return fields;
}

/** Prepares field names for {@link checkFieldNames} and {@link knownFields}. */
export function foldedNames(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [fold(name), name]));
}

// Both ways, because Go also folds the long s to s and the Kelvin sign to k.
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
 * Parses a descriptor of a manifest. Unknown fields are ignored, null is the same as an absent field, and texts that
 * are only stored are not checked.
 * @throws RegistryError `MANIFEST_INVALID` or `DIGEST_INVALID`, both with the place
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

// image-spec: embedded data must be exactly the content that the descriptor refers to.
function checkData(data: unknown, { digest, size }: { digest: Digest; size: number }, at: string): void {
  if (isNothing(data)) return;
  const reason = 'must be the base64 form of exactly the content that digest and size describe';
  if (typeof data !== 'string') throw manifestProblem(at, reason);
  // Go accepts base64 with line breaks.
  const text = data.replaceAll(/[\r\n]/g, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength !== size || bytes.toString('base64') !== text) throw manifestProblem(at, reason);
  const verifier = new DigestVerifier(digest);
  verifier.update(bytes);
  if (!verifier.verified) throw manifestProblem(at, `${reason}; its ${algorithmOf(digest)} digest differs`);
}

/** Parses an optional text. */
export function parseText(value: unknown, at: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') throw manifestProblem(at, 'must be a string');
  return value;
}

/** Parses annotations, a map of texts; a null value becomes an empty text. */
export function parseAnnotations(value: unknown, at: string): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be an object of strings');
  let hasNull = false;
  // There may be tens of thousands; creating lists of keys or values would cost more than parsing did.
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

/** Parses a list of texts; a null entry becomes an empty text. */
function parseTexts(value: unknown, at: string): readonly string[] {
  if (!Array.isArray(value)) throw manifestProblem(at, 'must be a list of strings');
  return value.map((text: unknown, index) => parseText(text, `${at}[${index}]`) ?? '');
}

function parsePlatform(value: unknown, at: string): Platform {
  if (!isJsonObject(value)) throw manifestProblem(at, 'must be an object');
  const architecture = parseText(value['architecture'], `${at}.architecture`);
  const os = parseText(value['os'], `${at}.os`);
  // Nothing here uses the others, but a client that cannot read one of them cannot read the manifest.
  for (const field of ['os.version', 'variant']) parseText(value[field], `${at}.${field}`);
  for (const field of ['os.features', 'features']) {
    if (!isAbsent(value[field])) parseTexts(value[field], `${at}.${field}`);
  }
  return { ...(architecture === undefined ? {} : { architecture }), ...(os === undefined ? {} : { os }) };
}
