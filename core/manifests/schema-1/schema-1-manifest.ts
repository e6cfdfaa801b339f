import { type Digest, parseDigest } from '../../digest/digest.ts';
import { checkFieldNames, foldedNames, isJsonObject, manifestProblem } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import { parseObject } from '../manifest-document.ts';
import { goJson } from './go-json.ts';

/** A manifest of docker's first schema (docs/spec/manifest-v2-1.md of distribution 2). */
export interface Schema1Manifest {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly tag: string;
  readonly architecture: string;
  /** The layers, the top one first. */
  readonly fsLayers: readonly { readonly blobSum: string }[];
  /** The metadata of each layer in Docker's first image format, as a string of JSON. */
  readonly history: readonly { readonly v1Compatibility: string }[];
}

const FIELDS = foldedNames(['schemaVersion', 'name', 'tag', 'architecture', 'fsLayers', 'history', 'signatures']);
/** The indent of libtrust and Docker. */
const INDENT = '   ';

/**
 * Parses the signed part of a manifest. Unknown fields are allowed.
 * @throws RegistryError `MANIFEST_INVALID`
 */
export function parseSchema1(payload: Uint8Array): Schema1Manifest {
  const document = parseObject(payload);
  if (document['schemaVersion'] !== 1) throw manifestProblem('schemaVersion', 'must be 1, written as an integer');
  checkFieldNames(document, FIELDS);
  const { name, tag, architecture, fsLayers = [], history = [] } = document;
  const layers = listOf(fsLayers, 'fsLayers', 'blobSum');
  const texts = listOf(history, 'history', 'v1Compatibility');
  if (layers.length !== texts.length) {
    throw manifestProblem(
      'history',
      `has ${texts.length} entries but fsLayers has ${layers.length}; the numbers must be equal`,
    );
  }
  return {
    schemaVersion: 1,
    name: textOf(name, 'name'),
    tag: textOf(tag, 'tag'),
    architecture: textOf(architecture ?? '', 'architecture'),
    fsLayers: layers.map((blobSum) => ({ blobSum })),
    history: texts.map((v1Compatibility) => ({ v1Compatibility })),
  };
}

/** The manifest as Docker writes it before signing. */
export function formatSchema1({ schemaVersion, name, tag, architecture, fsLayers, history }: Schema1Manifest): Buffer {
  const document = { schemaVersion, name, tag, architecture, fsLayers, history };
  return Buffer.from(goJson(document, INDENT));
}

/** Parses the sum of a layer. @throws RegistryError `DIGEST_INVALID` with the place in the manifest */
export function parseSum(sum: string, at: string): Digest {
  try {
    return parseDigest(sum);
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    throw new RegistryError(error.code, { ...error.detail, at });
  }
}

function textOf(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw manifestProblem(at, 'must be a string');
}

function listOf(value: unknown, name: string, field: string): string[] {
  if (!Array.isArray(value)) throw manifestProblem(name, 'must be a list');
  return value.map((each: unknown, index) =>
    textOf(isJsonObject(each) ? each[field] : undefined, `${name}[${index}].${field}`),
  );
}
