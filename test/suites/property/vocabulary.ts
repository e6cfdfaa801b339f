import fc from 'fast-check';
import { type Digest, digestOf, parseDigest } from '../../../core/digest/digest.ts';
import {
  parseRepositoryName,
  parseTag,
  parseUploadId,
  type RepositoryName,
  type Tag,
  type UploadId,
} from '../../../core/model/reference.ts';
import { textOf } from './texts.ts';

const LOWER = 'abz019';
const HEX = '0123456789abcdef';

/** Valid texts by the grammar of distribution-spec, composed of its parts. */
const component = fc
  .tuple(
    textOf(LOWER, { min: 1, max: 4 }),
    fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), textOf(LOWER, { min: 1, max: 4 })), {
      maxLength: 3,
    }),
  )
  .map(([first, rest]) => first + rest.map(([joint, part]) => joint + part).join(''));

export const nameText = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
export const tagText = fc
  .tuple(textOf('aZ0_', { min: 1, max: 1 }), textOf('aZ0_.-', { max: 127 }))
  .map(([first, rest]) => first + rest);
export const uploadIdText = fc.oneof(
  fc.uuid(),
  textOf('aZ0_-.', { min: 3, max: 30 }).map((text) => `x${text}`),
);
export const digestText = fc.oneof(
  textOf(HEX, { min: 64, max: 64 }).map((hex) => `sha256:${hex}`),
  textOf(HEX, { min: 128, max: 128 }).map((hex) => `sha512:${hex}`),
);

export const repositoryName: fc.Arbitrary<RepositoryName> = nameText.map(parseRepositoryName);
export const tag: fc.Arbitrary<Tag> = tagText.map(parseTag);
export const uploadId: fc.Arbitrary<UploadId> = uploadIdText.map(parseUploadId);
export const digest: fc.Arbitrary<Digest> = fc.oneof(
  digestText.map(parseDigest),
  fc.constant(digestOf(Buffer.from('{}'))),
);
