import test from 'ava';
import { assertErrorBody } from '../../../helpers/http/assert-error.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import {
  digestOf,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';
import { entriesAtLength } from '../../../helpers/running/length.ts';

/** Text in place of a name, a reference, a digest, an id or a value of a query. */
const NASTY = [
  '..',
  '.',
  '%2e%2e',
  '%2F',
  '%2Fetc%2Fpasswd',
  '..%2f..%2fetc%2fpasswd',
  '%5c..%5c',
  '%00',
  '%0d%0aX-Injected:%201',
  '%',
  '%zz',
  '%ff%fe',
  '%F0%9F%90%B3',
  '_catalog',
  '_layers',
  '_manifests',
  'uploads',
  'constructor',
  '__proto__',
  'toString',
  'sha256:',
  ':',
  'sha256%3A..%2F..',
  `sha256:${'0'.repeat(64)}`,
  `sha256:${'z'.repeat(64)}`,
  `sha512:${'0'.repeat(64)}`,
  'CON',
  "'%22;--",
  '$%7Bjndi:x%7D',
  '-1',
  '9'.repeat(400),
  'a'.repeat(5000),
  'a/'.repeat(2000),
  '*',
  '~',
  '+',
  ' '.replace(' ', '%20'),
];

/** Paths in which `@` stands for the nasty text; `$` for an upload that exists. */
const PATHS = [
  '/@',
  '/v2/@',
  '/v2/@/tags/list',
  '/v2/app/tags/list?n=@',
  '/v2/app/tags/list?last=@',
  '/v2/app/tags/list?n=1&n=@&last=@&last=x',
  '/v2/_catalog?n=@',
  '/v2/_catalog?last=@',
  '/v2/@/manifests/v1',
  '/v2/app/manifests/@',
  '/v2/@/blobs/@',
  '/v2/app/blobs/@',
  '/v2/@/blobs/uploads/',
  '/v2/app/blobs/uploads/@',
  '/v2/app/blobs/uploads/?digest=@',
  '/v2/app/blobs/uploads/?mount=@&from=app',
  '/v2/app/blobs/uploads/?mount=$digest&from=@',
  '/v2/app/blobs/uploads/?digest-algorithm=@',
  '/v2/app/blobs/uploads/@?_state=@&digest=$digest',
  '$upload&digest=@',
  '$upload&digest=$digest&size=@',
  '$path?_state=@&digest=$digest',
];

const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'];

async function paths(registry: Registry): Promise<string[]> {
  await registry.pushImage('app', 'v1');
  const upload = await registry.sendChunk(await registry.startUpload('app'), 'chunk');
  const known = { $upload: upload, $path: upload.split('?')[0] ?? '', $digest: digestOf('{}') };
  return PATHS.map((path) => Object.entries(known).reduce((text, [key, value]) => text.replaceAll(key, value), path));
}

for (const storage of ['inmemory', 'filesystem']) {
  test(`no path and no query on ${storage} makes the registry fail`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    for (const path of await paths(registry)) {
      for (const method of METHODS) {
        const answers = await Promise.all(
          entriesAtLength(NASTY, 12).map(async (text) => {
            const target = path.replaceAll('@', text);
            const body = method === 'GET' || method === 'HEAD' ? undefined : 'body';
            return { target, answer: await registry.ask(method, target, { body }) };
          }),
        );
        for (const { target, answer } of answers) {
          const label = `${method} ${target.slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 300)}`;
          t.true(answer.status < 500, label);
          t.is(answer.headers['x-injected'], undefined, label);
          if (answer.status >= 400 && method !== 'HEAD') assertErrorBody(t, answer, label);
        }
      }
    }
    t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 200);
  });
}

/** Headers of requests with a valid path. */
const HEADERS: Record<string, string>[] = [
  ...['bytes', 'bytes=', 'bytes=-', 'bytes=1-0', 'bytes=x', 'chunks=1-2', `bytes=${'0-0,'.repeat(3000)}0-0`].map(
    (value) => ({
      Range: value,
    }),
  ),
  ...['x', '-', '0-', '-1', '1-0', '0--1', '0-1/1', `${'9'.repeat(40)}-${'9'.repeat(41)}`, 'bytes */*'].map(
    (value) => ({
      'Content-Range': value,
    }),
  ),
  ...['', ';', 'x', 'a/b/c', 'text/plain; x="', 'application/json; charset=\xff', 'x'.repeat(8000)].map((value) => ({
    'Content-Type': value,
  })),
  ...['"', '""', 'W/', ',,,', '*, *', '"'.repeat(8000), 'x '.repeat(8000)].map((value) => ({ 'If-None-Match': value })),
  ...['"', 'Basic', 'Bearer', 'Basic %%%', '\x80\xff'].map((value) => ({ Authorization: value })),
  ...['x y', '[::1', 'a:99999999', '\xff', '..', 'a@b'].map((value) => ({ Host: value })),
  ...['for', 'host="\\', 'proto=;;', 'host=a;host=b', ',,'].map((value) => ({ Forwarded: value })),
  { 'X-Forwarded-Proto': 'https,,', 'X-Forwarded-Host': ', ,' },
  { 'If-Range': '\xff', Range: 'bytes=0-1' },
  { Expect: 'miracles' },
  { Upgrade: 'websocket', Connection: 'Upgrade' },
  { 'Content-Encoding': 'gzip' },
  { 'X-HTTP-Method-Override': 'DELETE' },
];

test('no header makes the registry fail', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('app', 'v1');
  const digest = await registry.pushBlob('app', 'some bytes');
  for (const headers of HEADERS) {
    const upload = await registry.startUpload('app');
    const requests: [string, string, string?][] = [
      ['GET', '/v2/'],
      ['GET', '/v2/app/manifests/v1'],
      ['GET', `/v2/app/blobs/${digest}`],
      ['POST', '/v2/app/blobs/uploads/'],
      ['PATCH', upload, 'chunk'],
      ['PUT', `${upload}&digest=${digestOf('chunk')}`, 'chunk'],
      ['PUT', '/v2/app/manifests/v2', imageManifest('layer')],
    ];
    for (const [method, path, body] of requests) {
      const type = { 'Content-Type': method === 'PUT' && path.includes('manifests') ? OCI_MANIFEST : undefined };
      const answer = await registry.ask(method, path, {
        body,
        headers: { ...(type['Content-Type'] && type), ...headers },
      });
      const label = `${method} ${path} ${JSON.stringify(headers).slice(0, 200)}: ${answer.status}`;
      t.true(answer.status < 500, label);
      if (answer.status >= 400 && answer.status !== 417) assertErrorBody(t, answer, label);
    }
  }
});

test('no request line makes the registry fail or hang', async (t) => {
  const registry = await withRegistry(t);
  for (const target of [
    '*',
    '//',
    '///v2/',
    '/v2//',
    'v2/',
    'http://',
    'http://x',
    '/v2/\xff\xfe',
    '/v2/?\xff=\xff',
    '/v2/#x',
    '\\v2\\',
    '?',
  ]) {
    for (const method of ['GET', 'OPTIONS', 'PUT']) {
      const connection = await RawConnection.open(t, registry);
      connection.sendHead(`${method} ${target} HTTP/1.1`, 'Connection: close');
      const received = await connection.untilClosed();
      const status = Number(/^HTTP\/1\.1 (\d+) /.exec(received)?.[1]);
      t.true(status >= 200 && status < 500, `${method} ${target}: ${received}`);
    }
  }
});
