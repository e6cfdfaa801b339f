import test from 'ava';
import { formatErrorBody, parseErrorBody, statusOf, toErrorBody } from '../../../../core/api/error-body.ts';
import { ERROR_DESCRIPTORS } from '../../../../core/api/error-descriptors.ts';
import { RegistryError, type RegistryErrorCode, RegistryErrors } from '../../../../core/model/errors.ts';
import { parseRepositoryName, parseUploadId } from '../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../core/model/upload-state.ts';

test('an error without detail has its code and its message', (t) => {
  t.is(
    toErrorBody(new RegistryError('BLOB_UNKNOWN')),
    '{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}',
  );
});

test('the message about an immutable tag names it, because most clients show nothing else', (t) => {
  const messages = [{ tag: 'v1' }, { tag: 7 }, undefined].map((detail) => {
    return parseErrorBody(toErrorBody(new RegistryError('TAG_IMMUTABLE', detail)))[0]?.message;
  });
  t.deepEqual(messages, [
    'the tag "v1" is immutable: neither it nor its manifest can be replaced or deleted',
    'the tag is immutable: neither it nor its manifest can be replaced or deleted',
    'the tag is immutable: neither it nor its manifest can be replaced or deleted',
  ]);
});

test('several errors keep their order, and the request is named by its id', (t) => {
  const error = new RegistryErrors([
    new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest: 'sha256:a' }),
    new RegistryErrors([new RegistryError('TAG_INVALID'), new RegistryError('NAME_UNKNOWN', { name: 'a/b' })]),
  ]);
  t.deepEqual(JSON.parse(toErrorBody(error, 'r-1')), {
    errors: [
      { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry', detail: { digest: 'sha256:a' } },
      { code: 'TAG_INVALID', message: 'manifest tag did not match URI' },
      { code: 'NAME_UNKNOWN', message: 'repository name not known to registry', detail: { name: 'a/b' } },
    ],
    requestId: 'r-1',
  });
});

test('an error with a code of another version shows no detail beside others', (t) => {
  const foreign = new RegistryError('QUOTA_EXCEEDED' as RegistryErrorCode, { secret: 'a' });
  t.deepEqual(
    parseErrorBody(toErrorBody(new RegistryErrors([new RegistryError('DENIED', { reason: 'b' }), foreign]))),
    [
      { code: 'DENIED', known: true, message: ERROR_DESCRIPTORS.DENIED.message, detail: { reason: 'b' } },
      { code: 'UNKNOWN', known: true, message: ERROR_DESCRIPTORS.UNKNOWN.message, detail: undefined },
    ],
  );
});

test('the status is that of the first error', (t) => {
  t.is(statusOf(new RegistryErrors([new RegistryError('BLOB_UNKNOWN'), new RegistryError('NAME_INVALID')])), 404);
  t.is(
    statusOf(
      new UploadRangeError(
        { name: parseRepositoryName('a'), uuid: parseUploadId('b'), offset: 3, startedAt: new Date(0) },
        {},
      ),
    ),
    416,
  );
});

for (const code of Object.keys(ERROR_DESCRIPTORS) as RegistryErrorCode[]) {
  test(`${code} and its detail survive the way to a client`, (t) => {
    const detail = { code, text: 'ü "quoted" \u2028', list: [1, null, { deep: true }] };
    const { value, message } = ERROR_DESCRIPTORS[code];
    t.deepEqual(parseErrorBody(toErrorBody(new RegistryError(code, detail), 'r-1')), [
      { code: value, known: true, message, detail },
    ]);
  });
}

test('a code that this registry never gives survives a round trip unchanged', (t) => {
  const body =
    '{"errors":[{"code":"EXTENSION_UNKNOWN","message":"what?","detail":"text"},{"code":"DENIED","message":""}]}';
  const errors = parseErrorBody(body);
  t.deepEqual(errors, [
    { code: 'EXTENSION_UNKNOWN', known: false, message: 'what?', detail: 'text' },
    { code: 'DENIED', known: true, message: '', detail: undefined },
  ]);
  t.is(formatErrorBody(errors), body);
});

const NOTHING_TO_LEARN = [
  '',
  '<html>502 Bad Gateway</html>',
  'null',
  '7',
  '[]',
  '{}',
  '{"errors":null}',
  '{"errors":{"code":"DENIED"}}',
  '{"errors":["DENIED",null,[],{"code":7},{"message":"no code"}]}',
  '{"errors":[{"code":"DENIED"}',
];

for (const body of NOTHING_TO_LEARN) {
  test(`the body ${JSON.stringify(body)} contains no error`, (t) => {
    t.deepEqual(parseErrorBody(body), []);
  });
}

test('a malformed entry does not hide a valid one beside it', (t) => {
  t.deepEqual(parseErrorBody('{"errors":[{"code":7},{"code":"DENIED","message":7,"detail":null}]}'), [
    { code: 'DENIED', known: true, message: '', detail: null },
  ]);
});

/** Numbers in [0, 1) that the seed decides (xorshift32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const LEAVES = ['', 'text', 'ü\u0000"\\\n\u2028😀', '__proto__', 0, -1.5, 2 ** 53, true, false, null];

function randomJson(random: () => number, depth: number): unknown {
  const pick = random();
  const size = Math.floor(random() * 4);
  if (depth === 0 || pick < 0.4) return LEAVES[Math.floor(random() * LEAVES.length)];
  const values = Array.from({ length: size }, () => randomJson(random, depth - 1));
  return pick < 0.7 ? values : Object.fromEntries(values.map((value, index) => [`key ${index}`, value]));
}

test('a body is read as it was written, whatever its code, message and detail', (t) => {
  const seed = (Date.now() & 0x7fffffff) | 1;
  t.log(`seed ${seed}`);
  const random = randomOf(seed);
  const codes = ['DENIED', 'UNSUPPORTED', 'EXTENSION_UNKNOWN', 'denied', '', 'toString'];
  for (let round = 0; round < 200; round += 1) {
    const errors = Array.from({ length: Math.floor(random() * 5) }, () => {
      const code = codes[Math.floor(random() * codes.length)] ?? '';
      const known = code === 'DENIED' || code === 'UNSUPPORTED';
      return { code, known, message: String(randomJson(random, 0)), detail: randomJson(random, 3) };
    });
    t.deepEqual(parseErrorBody(formatErrorBody(errors, random() < 0.5 ? 'r-1' : undefined)), errors);
  }
});
