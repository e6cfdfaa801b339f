import { createHash, randomBytes } from 'node:crypto';
import test from 'ava';
import {
  algorithmOf,
  type Digest,
  digestAlgorithms,
  digestOf,
  hexOf,
  isDigest,
  parseDigest,
  registerDigestAlgorithm,
} from '../../../../core/digest/digest.ts';
import { Digester, DigestVerifier } from '../../../../core/digest/digester.ts';
import { nodeHashes } from '../../../../core/digest/node-hash.ts';
import { RegistryError } from '../../../../core/model/errors.ts';

const EMPTY_SHA256 = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const EMPTY_SHA512 =
  'sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce' +
  '47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e';
const HEX = 'a'.repeat(64);

for (const text of [EMPTY_SHA256, EMPTY_SHA512]) {
  test(`${text.slice(0, 12)}… is a digest, and its parts form it again`, (t) => {
    const digest = parseDigest(text);
    t.is(`${algorithmOf(digest)}:${hexOf(digest)}`, text);
    t.is(parseDigest(digest), digest);
    t.true(isDigest(text));
  });
}

const invalid: Readonly<Record<string, string>> = {
  'an empty text': '',
  'a colon only': ':',
  'no algorithm': `:${HEX}`,
  'no colon': HEX,
  'nothing behind the colon': 'sha256:',
  'an unknown algorithm': `foo:${HEX}`,
  'a weak algorithm': `md5:${'a'.repeat(32)}`,
  'an algorithm in upper case': `SHA256:${HEX}`,
  'hex in upper case': `sha256:${HEX.toUpperCase()}`,
  'one digit too few': `sha256:${HEX.slice(1)}`,
  'one digit too many': `sha256:${HEX}a`,
  'a letter that is no hex digit': `sha256:${'g'.repeat(64)}`,
  'the length of another algorithm': `sha512:${HEX}`,
  'a second colon': `sha256:sha256:${HEX}`,
  'a blank in front': ` sha256:${HEX}`,
  'a newline behind': `sha256:${HEX}\n`,
  'a newline for a digit': `sha256:${HEX.slice(1)}\n`,
  'a way out of the storage': `sha256:../../${'a'.repeat(58)}`,
  'the name of an inherited property': `constructor:${HEX}`,
};

for (const [what, text] of Object.entries(invalid)) {
  test(`a digest with ${what} is refused with a reason`, (t) => {
    t.false(isDigest(text));
    const error = t.throws(() => parseDigest(text), { instanceOf: RegistryError });
    t.is(error.code, 'DIGEST_INVALID');
    t.is(typeof error.detail?.['reason'], 'string');
  });
}

test('the error for a huge digest does not repeat all of it', (t) => {
  const error = t.throws(() => parseDigest(`sha256:${'a'.repeat(1_000_000)}`), { instanceOf: RegistryError });
  t.true(error.message.length < 1000);
});

test('the digest of nothing is the well-known one', (t) => {
  t.is(digestOf(new Uint8Array()), EMPTY_SHA256 as Digest);
  t.is(digestOf(new Uint8Array(), 'sha512'), EMPTY_SHA512 as Digest);
});

for (const algorithm of ['sha256', 'sha512']) {
  test(`${algorithm} of a MiB in uneven pieces is that of the whole`, (t) => {
    const bytes = randomBytes(1024 * 1024);
    const expected = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
    const digester = new Digester(algorithm);
    for (let start = 0, length = 1; start < bytes.byteLength; start += length, length *= 3) {
      digester.update(bytes.subarray(start, start + length));
    }
    t.is(digester.digest(), expected);
    t.is(digester.size, bytes.byteLength);
    t.is(digestOf(bytes, algorithm), expected);
  });
}

test('asking for the digest in between does not end it', (t) => {
  const digester = new Digester();
  t.is(digester.digest(), EMPTY_SHA256 as Digest);
  digester.update(Buffer.from('ab'));
  t.is(digester.digest(), digestOf(Buffer.from('ab')));
  digester.update(Buffer.from('c'));
  t.is(digester.digest(), digestOf(Buffer.from('abc')));
});

test('an unknown algorithm is refused before a byte passes', (t) => {
  t.throws(() => new Digester('md5'), { instanceOf: RegistryError, message: /DIGEST_INVALID.*must be one of/ });
});

test('a verifier accepts exactly the expected bytes', (t) => {
  const bytes = randomBytes(1000);
  const verifier = new DigestVerifier(digestOf(bytes, 'sha512'));
  t.false(verifier.verified);
  verifier.update(bytes.subarray(0, 999));
  t.false(verifier.verified);
  verifier.update(bytes.subarray(999));
  t.true(verifier.verified);
  verifier.update(Buffer.of(0));
  t.false(verifier.verified);
});

test('one flipped bit is noticed', (t) => {
  const bytes = randomBytes(1000);
  const verifier = new DigestVerifier(digestOf(bytes));
  bytes[500] = (bytes[500] ?? 0) ^ 1;
  t.false(verifier.update(bytes).verified);
});

test('a registered algorithm works like the built-in ones', (t) => {
  using _ = registerDigestAlgorithm({ name: 'test.sha1+x', hexLength: 40, ...nodeHashes('sha1') });
  t.true(digestAlgorithms().includes('test.sha1+x'));
  const digest = digestOf(Buffer.from('abc'), 'test.sha1+x');
  t.is(digest, 'test.sha1+x:a9993e364706816aba3e25717850c26c9cd0d89d' as Digest);
  t.is(parseDigest(digest), digest);
  t.is(algorithmOf(digest), 'test.sha1+x');
});

test('an algorithm of several registries is there until the last of them has gone', (t) => {
  const algorithm = { name: 'test-sha1', hexLength: 40, ...nodeHashes('sha1') };
  const [first, second] = [registerDigestAlgorithm(algorithm), registerDigestAlgorithm(algorithm)];
  t.throws(() => registerDigestAlgorithm({ ...algorithm, hexLength: 64 }), { message: /already registered/ });
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  t.true(digestAlgorithms().includes('test-sha1'));
  second[Symbol.dispose]();
  t.false(digestAlgorithms().includes('test-sha1'));
});

test('no algorithm takes the name of a built-in one, or one that is not valid', (t) => {
  const algorithm = { hexLength: 64, ...nodeHashes('sha256') };
  t.throws(() => registerDigestAlgorithm({ name: 'sha256', ...algorithm }), { message: /already registered/ });
  for (const name of ['', 'SHA256', 'sha:256', '../sha', 'sha_', 'sha..256']) {
    t.throws(() => registerDigestAlgorithm({ name, ...algorithm }), { instanceOf: TypeError }, name);
  }
});
