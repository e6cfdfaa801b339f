import { Readable } from 'node:stream';
import test from 'ava';
import { HttpAnswer } from '../../../../client/http/http-answer.ts';
import { locationOf, withParameter } from '../../../../client/http/location.ts';
import { nextLink } from '../../../../client/http/next-link.ts';
import { redirectTarget } from '../../../../client/http/redirects.ts';
import { remoteCode } from '../../../../client/http/remote-code.ts';
import { TransferError } from '../../../../client/index.ts';

const BASE = 'https://registry.test/v2/team/app/blobs/uploads/';

function answerWith(headers: Record<string, string>, statusCode = 202): HttpAnswer {
  const data = { statusCode, headers, body: Readable.from([]) as never };
  const url = new URL(BASE);
  const request = { method: 'POST', url: BASE };
  return new HttpAnswer(data, { url, request, attempts: 1, credentialsOrigin: undefined, signal: undefined });
}

test('a Location keeps every parameter as it was written, absolute or not', (t) => {
  const query = '?_state=a%2Fb+c%3D%3D&x=%e4&empty=&_state=2';
  const wanted = `https://registry.test/v2/team/app/blobs/uploads/1${query}`;
  for (const location of [`/v2/team/app/blobs/uploads/1${query}`, wanted, `1${query}#part`]) {
    t.is(locationOf(answerWith({ location })), wanted);
  }
  t.is(withParameter(wanted, 'digest', 'sha256:1'), `${wanted}&digest=sha256%3A1`);
  t.is(withParameter('https://x/y', 'digest', 'sha256:1'), 'https://x/y?digest=sha256%3A1');
});

test('a Location does not leave TLS: the own host is kept, another one is refused', (t) => {
  t.is(locationOf(answerWith({ location: 'http://registry.test/up' })), 'https://registry.test/up');
  t.is(locationOf(answerWith({ location: 'https://other.test/up' })), 'https://other.test/up');
  const error = t.throws(() => locationOf(answerWith({ location: 'http://other.test/up' })), {
    instanceOf: TransferError,
  });
  t.is(error.reason, 'redirect');
});

test('a redirect does not leave TLS, not even on the same host', (t) => {
  const to = (location: string) => () => redirectTarget(answerWith({ location }, 307), {});
  for (const location of ['http://registry.test/up', 'http://other.test/up']) {
    t.is(t.throws(to(location), { instanceOf: TransferError }).reason, 'redirect', location);
  }
  t.is(to('//other.test/up')()?.href, 'https://other.test/up');
  t.is(redirectTarget(answerWith({ location: 'http://other.test' }), {}), undefined);
});

test('the next page is the link of that relation, in any form', (t) => {
  const next = (link: string) => nextLink(answerWith({ link }));
  t.is(next('</v2/_catalog?last=b&n=2>; rel="next"'), '/v2/_catalog?last=b&n=2');
  t.is(next('<https://registry.test/v2/_catalog?n=2>;rel=next'), '/v2/_catalog?n=2');
  t.is(next('</first>; rel="first", </next?a=1,2>; title="x"; rel="next"'), '/next?a=1,2');
  t.is(next('</x>; REL="prev NEXT"'), '/x');
  t.is(next('<http://registry.test/plain>; rel="next"'), '/plain');
  for (const none of ['</x>; rel="prev"', '</x>', 'rel="next"', '']) t.is(next(none), undefined, none);
  t.is(nextLink(answerWith({})), undefined);
});

test('the code of a failure is that of a local registry, by code, status and route', (t) => {
  const manifest = 'https://x/v2/a/manifests/latest';
  const upload = 'https://x/v2/a/blobs/uploads/1';
  const cases: [string | undefined, number, string, string][] = [
    ['NAME_UNKNOWN', 404, manifest, 'MANIFEST_UNKNOWN'],
    [undefined, 404, 'https://x/v2/a/blobs/sha256:1', 'BLOB_UNKNOWN'],
    [undefined, 404, 'https://x/v2/a/tags/list', 'NAME_UNKNOWN'],
    ['BLOB_UPLOAD_INVALID', 404, upload, 'BLOB_UPLOAD_UNKNOWN'],
    ['BLOB_UPLOAD_INVALID', 416, upload, 'RANGE_INVALID'],
    ['RANGE_INVALID', 416, upload, 'RANGE_INVALID'],
    ['SIZE_INVALID', 413, manifest, 'MANIFEST_TOO_LARGE'],
    ['SIZE_INVALID', 400, manifest, 'SIZE_INVALID'],
    ['UNSUPPORTED', 404, manifest, 'ROUTE_UNKNOWN'],
    ['SOMETHING_NEW', 418, manifest, 'UNKNOWN'],
    [undefined, 401, manifest, 'UNAUTHORIZED'],
    [undefined, 403, manifest, 'DENIED'],
    [undefined, 503, manifest, 'UNAVAILABLE'],
    [undefined, 404, 'https://x/elsewhere', 'ROUTE_UNKNOWN'],
  ];
  for (const [wire, status, url, code] of cases)
    t.is(remoteCode(wire, status, url), code as never, `${wire} ${status}`);
});
