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

/** Types under which clients of that time push. */
const SNIFFED_TYPES: ReadonlySet<string | undefined> = new Set([undefined, '', 'application/json']);
const TYPES: ReadonlySet<string> = new Set([SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST]);

/** A layer that a manifest names. */
export interface PushedLayer {
  readonly at: string;
  readonly sum: string;
  /** Absent where the sum is no digest, so that no such layer is there. */
  readonly digest: Digest | undefined;
}

/** A manifest of schema 1 that is pushed. */
export interface PushedSchema1 {
  /** What is stored, and what the digest is of. */
  readonly payload: Buffer;
  /** None when they do not hold. */
  readonly signatures: readonly Signature[];
  readonly layers: readonly PushedLayer[];
  /** What is wrong apart from missing layers; such a manifest must not be stored. */
  readonly problems: readonly RegistryError[];
}

/**
 * Whether a push is one of schema 1. A type that is not stated, or is any JSON, leaves it to the document.
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
 * Reads a manifest that is pushed, and collects all that is wrong with it: the name, the tag, the signatures, each sum.
 * @param reference a tag must be the one that the manifest has
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
