import test from 'ava';
import { accessFor } from '../../../verify/bench/access-for.ts';
import { maskHeaders, maskUrl, sampleOf } from '../../../verify/bench/exchange.ts';

test('a sample is the first 4 KiB, as text where it is text', (t) => {
  t.deepEqual(sampleOf(Buffer.from('{"a":\n"ä"}')), { size: 11, text: '{"a":\n"ä"}' });
  const long = sampleOf(Buffer.from('ä'.repeat(4000)));
  t.is(long.size, 8000);
  t.is(long.text?.length, 2048);
  // Cut in the middle of a character.
  t.is(typeof sampleOf(Buffer.from(`a${'ä'.repeat(4000)}`)).text, 'string');
  t.deepEqual(sampleOf(Buffer.from([0, 1, 255])), { size: 3, base64: 'AAH/' });
  t.deepEqual(sampleOf(Buffer.from('\u001b[2J')), { size: 4, base64: 'G1sySg==' });
});

test('signatures, tokens and passwords are in no URL and no header', (t) => {
  const signed = new URL('https://ann:secret@storage/a?X-Goog-Signature=secret&X-Amz-Credential=secret&sig=secret&b=1');
  t.is(maskUrl(signed), 'https://storage/a?X-Goog-Signature=***&X-Amz-Credential=***&sig=***&b=1');
  t.is(
    maskUrl(new URL('http://a/v2/b/blobs/uploads/1?_state=abc%3D&digest=sha256%3Aab')),
    'http://a/v2/b/blobs/uploads/1?_state=abc%3D&digest=sha256%3Aab',
  );
  t.deepEqual(
    maskHeaders({
      Authorization: 'Bearer secret',
      'set-cookie': ['a=secret'],
      location: '/a?token=secret&n=1',
      etag: '"x"',
    }),
    { Authorization: '***', 'set-cookie': '***', location: '/a?token=***&n=1', etag: '"x"' },
  );
  t.deepEqual(sampleOf(Buffer.from('{"access_token": "secret", "b": 1}')).text, '{"access_token": "***", "b": 1}');
});

test('a token is asked for with what a request needs, and for nothing where a name is none', (t) => {
  const scopes = (method: string, target: string, from?: string) =>
    accessFor(method, target, { repository: 'team/app', from }).scopes;
  t.deepEqual(scopes('GET', '/v2/'), []);
  t.deepEqual(scopes('GET', '/v2/a/b/manifests/v1'), ['repository:a/b:pull']);
  t.deepEqual(scopes('PUT', '/v2/a/manifests/v1'), ['repository:a:pull,push']);
  t.deepEqual(scopes('DELETE', '/v2/a/blobs/sha256:0'), ['repository:a:pull,push,delete']);
  t.deepEqual(scopes('POST', '/v2/a/blobs/uploads/?mount=x', 'b'), ['repository:a:pull,push', 'repository:b:pull']);
  t.deepEqual(scopes('PATCH', 'https://uploads.example.com/123'), ['repository:team/app:pull,push']);
  t.deepEqual(scopes('POST', '/v2/Capitals/App/blobs/uploads/'), []);
});
