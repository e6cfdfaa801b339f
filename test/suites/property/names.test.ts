import assert from 'node:assert/strict';
import fc from 'fast-check';
import { algorithmOf, digestOf, hexOf, isDigest, parseDigest } from '../../../core/digest/digest.ts';
import { Digester } from '../../../core/digest/digester.ts';
import { DriverError, isStoragePath, parseStoragePath } from '../../../core/driver/index.ts';
import {
  formatReference,
  parseReference,
  parseRepositoryName,
  parseTag,
  parseUploadId,
} from '../../../core/model/reference.ts';
import { outcomeOf } from './outcome.ts';
import { holds } from './property.ts';
import { nearly, textOf } from './texts.ts';
import { digestText, nameText, tagText, uploadIdText } from './vocabulary.ts';

const RUNS = 3000;
const isOneOf = (characters: string) => (character: string) => characters.includes(character);
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const WORD = `${LOWER}${LOWER.toUpperCase()}${DIGITS}_`;

function isNameComponent(text: string): boolean {
  const joints = text.split('').reduce<string[]>(
    (runs, character) => {
      if (isOneOf(LOWER + DIGITS)(character)) return [...runs, ''];
      return [...runs.slice(0, -1), (runs.at(-1) ?? '') + character];
    },
    [''],
  );
  // There is at most one joint between two letters, and none before the first or after the last.
  const isJoint = (joint: string) => ['', '.', '_', '__'].includes(joint) || [...joint].every(isOneOf('-'));
  return joints.length > 1 && joints[0] === '' && joints.at(-1) === '' && joints.every(isJoint);
}

holds('a repository name is accepted exactly if its components match the grammar', RUNS, () =>
  fc.property(nearly(nameText), (text) => {
    const isName = text.length <= 255 && text.split('/').every(isNameComponent);
    assert.deepEqual(
      outcomeOf(() => parseRepositoryName(text)),
      isName ? { value: text } : { refused: 'NAME_INVALID' },
    );
  }),
);

function isTagText(text: string): boolean {
  const [first = ''] = text;
  return first !== '' && isOneOf(WORD)(first) && text.length <= 128 && [...text].every(isOneOf(`${WORD}.-`));
}

holds('a tag is accepted exactly if its characters are allowed', RUNS, () =>
  fc.property(nearly(tagText), (text) => {
    assert.deepEqual(
      outcomeOf(() => parseTag(text)),
      isTagText(text) ? { value: text } : { refused: 'TAG_INVALID' },
    );
  }),
);

function isDigestText(text: string): boolean {
  const [algorithm = '', ...rest] = text.split(':');
  const length = new Map([
    ['sha256', 64],
    ['sha512', 128],
  ]).get(algorithm);
  const hex = rest.join(':');
  return hex.length === length && [...hex].every(isOneOf('0123456789abcdef'));
}

holds('a digest is accepted exactly if algorithm and hex digits fit', RUNS, () =>
  fc.property(nearly(digestText), (text) => {
    const isGood = isDigestText(text);
    assert.equal(isDigest(text), isGood);
    const outcome = outcomeOf(() => parseDigest(text));
    assert.deepEqual(outcome, isGood ? { value: text } : { refused: 'DIGEST_INVALID' });
    if ('value' in outcome) assert.equal(`${algorithmOf(outcome.value)}:${hexOf(outcome.value)}`, text);
  }),
);

holds('a reference is a digest when it has a colon, else a tag, and is written as it was read', RUNS, () =>
  fc.property(nearly(fc.oneof(tagText, digestText)), (text) => {
    const outcome = outcomeOf(() => formatReference(parseReference(text)));
    if (text.includes(':'))
      assert.deepEqual(outcome, isDigestText(text) ? { value: text } : { refused: 'DIGEST_INVALID' });
    else assert.deepEqual(outcome, isTagText(text) ? { value: text } : { refused: 'TAG_INVALID' });
  }),
);

holds('the id of an upload is a safe file name or no upload has it', RUNS, () =>
  fc.property(nearly(fc.oneof(uploadIdText, textOf('.', { max: 4 }))), (text) => {
    const characters = [...text];
    const isSafe =
      text.length >= 1 && text.length <= 128 && characters.every(isOneOf(`${WORD}.-`)) && text !== '.' && text !== '..';
    assert.deepEqual(
      outcomeOf(() => parseUploadId(text)),
      isSafe ? { value: text } : { refused: 'BLOB_UPLOAD_UNKNOWN' },
    );
  }),
);

const pathText = fc.array(textOf('aZ0._-', { min: 1, max: 3 }), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

holds('a storage path has only plain components and never leaves the root', RUNS, () =>
  fc.property(nearly(pathText), (text) => {
    const [before, ...components] = text.split('/');
    const isPlain = (component: string) =>
      component !== '' && component !== '.' && component !== '..' && [...component].every(isOneOf(`${WORD}.-`));
    const isPath = before === '' && components.length > 0 && components.every(isPlain);
    assert.equal(isStoragePath(text), isPath);
    if (isPath) assert.equal(parseStoragePath(text), text);
    else
      assert.throws(
        () => parseStoragePath(text),
        (error) => DriverError.is(error, 'invalid-path'),
      );
  }),
);

holds('a digest does not depend on how the bytes are split', 300, () =>
  fc.property(
    fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
    fc.constantFrom('sha256', 'sha512'),
    (chunks, algorithm) => {
      const digester = new Digester(algorithm);
      const passed: Uint8Array[] = [];
      for (const chunk of chunks) {
        digester.update(chunk);
        passed.push(chunk);
        // Asking for the digest in between must not disturb it.
        assert.equal(digester.digest(), digestOf(Buffer.concat(passed), algorithm));
      }
      assert.equal(digester.size, Buffer.concat(chunks).byteLength);
    },
  ),
);
