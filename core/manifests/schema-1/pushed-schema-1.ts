import type { Digest } from '../../digest/digest.ts';
import { RegistryError } from '../../model/errors.ts';
import { SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../model/media-types.ts';
import type { Reference, RepositoryName } from '../../model/reference.ts';
import { scanManifestText } from '../manifest-text.ts';
import { parseSchema1, parseSum, type Schema1Manifest } from './schema-1-manifest.ts';
import type { Signature } from './signature.ts';
import { SignatureError } from './signature-problem.ts';
import { SignedText } from './signed-text.ts';
import { verify } from './verify.ts';

/** Media types with which clients of that time push. */
const SNIFFED_TYPES: ReadonlySet<string | undefined> = new Set([undefined, '', 'application/json']);
const TYPES: ReadonlySet<string> = new Set([SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST]);

/** A layer that a manifest names. */
export interface PushedLayer {
  readonly at: string;
  readonly sum: string;
  /** Absent if the sum is not a digest; no such layer can exist. */
  readonly digest: Digest | undefined;
}

/** A pushed schema 1 manifest. */
export interface PushedSchema1 {
  /** The bytes that are stored and that the digest covers. */
  readonly payload: Buffer;
  /** Empty when they are not valid. */
  readonly signatures: readonly Signature[];
  readonly layers: readonly PushedLayer[];
  /** All problems except missing layers; a manifest with problems must not be stored. */
  readonly problems: readonly RegistryError[];
}

/**
 * Whether a pushed manifest is schema 1. Without a type, or with any JSON type, the document decides.
 * @param contentType in any case, without parameters
 */
export function isSchema1(bytes: Uint8Array, contentType: string | undefined): boolean {
  const type = contentType?.toLowerCase();
  if (type !== undefined && TYPES.has(type)) return true;
  if (!SNIFFED_TYPES.has(type)) return false;
  try {
    const document: unknown = JSON.parse(Buffer.from(scanManifestText(bytes)).toString());
    return (document as { schemaVersion?: unknown } | null)?.schemaVersion === 1;
  } catch {
    return false;
  }
}

/**
 * Parses a pushed manifest and collects all its problems: the name, the tag, the signatures, each sum.
 * @param reference if it is a tag, it must be the tag in the manifest
 * @throws RegistryError `MANIFEST_INVALID` when it is not a manifest at all
 */
export function readPushedSchema1(
  bytes: Buffer,
  { name, reference }: { readonly name: RepositoryName; readonly reference: Reference },
): PushedSchema1 {
  scanManifestText(bytes);
  const problems: RegistryError[] = [];
  const signed = verifiedText(bytes, problems);
  const payload = signed?.payload ?? bytes;
  const manifest = parseSchema1(payload);
  checkName(manifest, { name, reference }, problems);
  const layers = manifest.fsLayers.map(({ blobSum: sum }, index) => {
    const at = `fsLayers[${index}]`;
    return { at, sum, digest: collect(problems, () => parseSum(sum, at)) };
  });
  return { payload, signatures: signed?.signatures ?? [], layers, problems };
}

function verifiedText(bytes: Buffer, problems: RegistryError[]): SignedText | undefined {
  let text: SignedText | undefined;
  try {
    text = SignedText.parse(bytes);
    verify(text);
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    problems.push(new RegistryError('MANIFEST_UNVERIFIED', { problem: error.problem, reason: error.message }));
  }
  return text;
}

function checkName(
  manifest: Schema1Manifest,
  { name, reference }: { readonly name: RepositoryName; readonly reference: Reference },
  problems: RegistryError[],
): void {
  if (manifest.name !== name) {
    const reason = 'the manifest was made for another repository';
    problems.push(new RegistryError('NAME_INVALID', { name: manifest.name.slice(0, 256), expected: name, reason }));
  }
  if (reference.kind === 'tag' && manifest.tag !== reference.tag) {
    const reason = 'the manifest was made for another tag';
    problems.push(
      new RegistryError('TAG_INVALID', { tag: manifest.tag.slice(0, 256), expected: reference.tag, reason }),
    );
  }
}

function collect<Value>(problems: RegistryError[], action: () => Value): Value | undefined {
  try {
    return action();
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    problems.push(error);
    return undefined;
  }
}
