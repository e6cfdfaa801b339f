import test from 'ava';
import type { HttpAnswer } from '../../../../client/http/http-answer.ts';
import { minChunkBytes, uploadedBytes } from '../../../../client/remote/upload-answer.ts';

/** Only its headers. */
function answerWith(headers: Readonly<Record<string, string>>): HttpAnswer {
  return { header: (name: string) => headers[name] } as HttpAnswer;
}

for (const [text, bytes] of Object.entries({
  '0-0': 0,
  '0-1': 2,
  '0-1233': 1234,
  'bytes=0-99': 100,
  ' bytes 0-99 ': 100,
})) {
  test(`an upload of Range ${JSON.stringify(text)} has ${bytes} bytes`, (t) => {
    t.is(uploadedBytes(answerWith({ range: text })), bytes);
  });
}

for (const text of [
  '',
  '-',
  '0-',
  '-5',
  '5-9',
  '0-9/10',
  '0-x',
  '0-1,3-4',
  'bytes=',
  'items=0-9',
  `0-${'9'.repeat(16)}`,
]) {
  test(`an upload of Range ${JSON.stringify(text)} does not say how far it is`, (t) => {
    t.is(uploadedBytes(answerWith({ range: text })), undefined);
  });
}

test('without the header an upload does not say how far it is, and takes chunks of any size', (t) => {
  t.is(uploadedBytes(answerWith({})), undefined);
  t.is(minChunkBytes(answerWith({})), 0);
  t.is(minChunkBytes(answerWith({ 'oci-chunk-min-length': '1048576' })), 1_048_576);
  t.is(minChunkBytes(answerWith({ 'oci-chunk-min-length': '1e9' })), 0);
});
