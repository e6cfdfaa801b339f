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
  /** What docker's first image format says of each layer, as JSON in a text. */
  readonly history: readonly { readonly v1Compatibility: string }[];
}

const FIELDS = foldedNames(['schemaVersion', 'name', 'tag', 'architecture', 'fsLayers', 'history', 'signatures']);
/** As libtrust and docker indent. */
const INDENT = '   ';

/**
 * Reads the signed part of a manifest. Unknown fields are allowed.
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
      `has ${texts.length} entries, and fsLayers ${layers.length}; they must be as many`,
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

/** The manifest as docker writes it before it is signed. */
export function formatSchema1({ schemaVersion, name, tag, architecture, fsLayers, history }: Schema1Manifest): Buffer {
  const document = { schemaVersion, name, tag, architecture, fsLayers, history };
  return Buffer.from(goJson(document, INDENT));
}

/** What is wrong with a sum of a layer. @throws RegistryError `DIGEST_INVALID` with the place */
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
