import { createHash } from 'node:crypto';
import test from 'ava';
import { isTokenId, newToken, parseToken } from '../../../../../plugins/auth/personal/token-format.ts';

test('a token has a prefix, an id, 256 bits of secret and a checksum, and no two are the same', (t) => {
  const tokens = Array.from({ length: 200 }, newToken);
  for (const { id, text } of tokens) {
    t.regex(text, /^stowage_pat_[0-9a-z]{16}_[0-9A-Za-z]{49}$/);
    t.true(text.startsWith(`stowage_pat_${id}_`));
    t.true(isTokenId(id));
  }
  t.is(new Set(tokens.map(({ id }) => id)).size, tokens.length);
  t.is(new Set(tokens.map(({ text }) => text.slice(29, 40))).size, tokens.length);
});

test('a token is parsed to its id, and to the SHA-256 that is stored', (t) => {
  const { id, text, hash } = newToken();
  t.deepEqual(parseToken(Buffer.from(text)), { id, hash });
  t.deepEqual(hash, createHash('sha256').update(text).digest());
});

test('every typing mistake is noticed by the checksum', (t) => {
  const { text } = newToken();
  for (let index = 0; index < text.length; index += 1) {
    const wrong = text.slice(0, index) + (text[index] === 'a' ? 'b' : 'a') + text.slice(index + 1);
    t.is(parseToken(Buffer.from(wrong)), undefined, wrong);
  }
  for (const wrong of [
    text.slice(1),
    text.slice(0, -1),
    `${text}a`,
    ` ${text}`,
    text.toUpperCase(),
    '',
    'stowage_pat_',
  ]) {
    t.is(parseToken(Buffer.from(wrong)), undefined, wrong);
  }
});

test('a megabyte is refused at once', (t) => {
  const hostile = Buffer.alloc(1024 * 1024, 'stowage_pat_');
  const started = performance.now();
  t.is(parseToken(hostile), undefined);
  t.true(performance.now() - started < 50);
});

test('only the ids of tokens are ids', (t) => {
  for (const text of ['', '../../../../etc/', 'a'.repeat(15), 'a'.repeat(17), 'A'.repeat(16), `${'a'.repeat(15)}/`]) {
    t.false(isTokenId(text), text);
  }
});
