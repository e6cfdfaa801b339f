import { RegistryError } from '../model/errors.ts';
import { DIGEST_ALGORITHMS } from './algorithms/index.ts';
import type { DigestAlgorithm, HashImplementation } from './digest-algorithm.ts';

declare const digestBrand: unique symbol;

/** A content address, `<algorithm>:<hex>` (image-spec, "Digests"). Digests are equal exactly if their strings are. */
export type Digest = string & { readonly [digestBrand]: true };

const algorithms = new Map(DIGEST_ALGORITHMS.map((algorithm) => [algorithm.name, algorithm]));

/** The number of active registrations of each algorithm that is not built in. */
const registrations = new Map<string, number>();

/** Whether `name` is a valid algorithm name (image-spec, "Digests"). */
export function isAlgorithmName(name: string): boolean {
  return /^[a-z0-9]+(?:[+._-][a-z0-9]+)*$/.test(name);
}

/** The names of the algorithms that no plugin adds. */
export function builtInAlgorithms(): string[] {
  return DIGEST_ALGORITHMS.map(({ name }) => name);
}

/**
 * Adds an algorithm to the table of this process until the result is disposed. Several registries in one process may
 * add the same algorithm: it stays until the last registration is disposed.
 * @throws TypeError when the name breaks the grammar, belongs to a built-in algorithm, or is registered with a
 * different digest length
 * another length
 */
export function registerDigestAlgorithm(algorithm: DigestAlgorithm): Disposable {
  const { name, hexLength } = algorithm;
  if (!isAlgorithmName(name)) throw new TypeError(`${JSON.stringify(name)} is not a valid digest algorithm name`);
  const present = algorithms.get(name);
  if (present !== undefined && (!registrations.has(name) || present.hexLength !== hexLength)) {
    throw new TypeError(`the digest algorithm ${name} is already registered`);
  }
  if (present === undefined) algorithms.set(name, algorithm);
  registrations.set(name, (registrations.get(name) ?? 0) + 1);
  let isOver = false;
  return {
    [Symbol.dispose]: () => {
      if (isOver) return;
      isOver = true;
      const left = (registrations.get(name) ?? 1) - 1;
      if (left > 0) {
        registrations.set(name, left);
        return;
      }
      registrations.delete(name);
      algorithms.delete(name);
    },
  };
}

/**
 * Loads what resumable hashes need, so that the first upload does not wait for it.
 * @param implementation a switch for platforms where the fastest one misbehaves
 */
export async function prepareDigests(implementation: HashImplementation = 'fastest'): Promise<void> {
  for (const { resumable } of algorithms.values()) await resumable?.prepare(implementation);
}

/** The default algorithm for manifests and blobs. */
export const CANONICAL_ALGORITHM = 'sha256';

/** The names in the table. */
export function digestAlgorithms(): string[] {
  return [...algorithms.keys()];
}

/**
 * Looks an algorithm up.
 * @throws RegistryError `DIGEST_INVALID` when it is not in the table
 */
export function digestAlgorithm(name: string): DigestAlgorithm {
  const algorithm = algorithms.get(name);
  if (algorithm !== undefined) return algorithm;
  const reason = `the algorithm must be one of ${digestAlgorithms().join(', ')}`;
  throw new RegistryError('DIGEST_INVALID', { algorithm: name.slice(0, 64), reason });
}

const HEX = /^[0-9a-f]+$/;

/** Why `text` is not a digest; `undefined` when it is one. */
function digestProblem(text: string): string | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return 'must be <algorithm>:<hex>';
  const algorithm = algorithms.get(text.slice(0, colon));
  if (algorithm === undefined) return `the algorithm must be one of ${digestAlgorithms().join(', ')}`;
  const encoded = text.slice(colon + 1);
  if (encoded.length !== algorithm.hexLength || !HEX.test(encoded)) {
    return `${algorithm.name} takes exactly ${algorithm.hexLength} lower-case hex digits`;
  }
  return undefined;
}

/** Whether `text` is a digest by an algorithm of the table. */
export function isDigest(text: string): text is Digest {
  return digestProblem(text) === undefined;
}

/**
 * Parses a digest.
 * @throws RegistryError `DIGEST_INVALID`
 */
export function parseDigest(text: string): Digest {
  const reason = digestProblem(text);
  if (reason !== undefined) throw new RegistryError('DIGEST_INVALID', { digest: text.slice(0, 256), reason });
  return text as Digest;
}

/**
 * Parses a digest that identifies bytes, as the digests in a manifest must.
 * @throws RegistryError `DIGEST_INVALID` also for an alias
 */
export function parseContentDigest(text: string): Digest {
  const digest = parseDigest(text);
  if (!isAlias(digest)) return digest;
  const reason = `${algorithmOf(digest)} is an algorithm for blobs only, because different bytes can have the same digest`;
  throw new RegistryError('DIGEST_INVALID', { digest, reason });
}

/**
 * Whether a digest is only an alias of a blob that is stored under its canonical digest; see
 * {@link DigestAlgorithm.isAlias}.
 */
export function isAlias(digest: Digest): boolean {
  return digestAlgorithm(algorithmOf(digest)).isAlias === true;
}

/** The algorithm of the digest under which content is stored that a client names by this algorithm. */
export function storedAlgorithm(name: string): string {
  return algorithms.get(name)?.isAlias === true ? CANONICAL_ALGORITHM : name;
}

/** The names of the algorithms by which content is stored and manifests are addressed. */
export function contentAlgorithms(): string[] {
  return [...algorithms.values()].filter((algorithm) => algorithm.isAlias !== true).map(({ name }) => name);
}

/** The folders of an algorithm in the storage. */
export function algorithmFolder(name: string): string {
  return algorithms.get(name)?.folder ?? name.replace(/[+.;]/g, '/');
}

/** The algorithm's name, `sha256` of `sha256:…`. */
export function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** The part after the colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest of `bytes`. */
export function digestOf(bytes: Uint8Array, algorithm: string = CANONICAL_ALGORITHM): Digest {
  const { createHash, hashOnce } = digestAlgorithm(algorithm);
  if (hashOnce !== undefined) return `${algorithm}:${hashOnce(bytes)}` as Digest;
  const hash = createHash();
  hash.update(bytes);
  return `${algorithm}:${hash.digest()}` as Digest;
}
