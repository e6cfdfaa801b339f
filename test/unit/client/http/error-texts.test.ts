import test from 'ava';
import { RemoteError, TransferError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const NAME = parseRepositoryName('team/app');
const ONCE = { retries: { attempts: 1 } };
const WRONG = { code: 'MANIFEST_INVALID', message: 'manifest invalid' };

const TEXTS: ReadonlyArray<readonly [what: string, status: number, body: unknown, text: string]> = [
  [
    'the detail of an error',
    400,
    { errors: [{ ...WRONG, detail: { at: 'config', reason: 'it is missing', limit: 2, retry: false } }] },
    '400 MANIFEST_INVALID: manifest invalid (at config, it is missing, limit 2, retry false)',
  ],
  [
    'the access that is not granted',
    403,
    { errors: [{ code: 'DENIED', message: 'no', detail: [{ Type: 'repository', Name: 'team/app', Action: 'push' }] }] },
    '403 DENIED: no (push of repository team/app)',
  ],
  [
    'nothing twice',
    404,
    { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest v1 unknown', detail: { tag: 'v1', name: 'team/app' } }] },
    '404 MANIFEST_UNKNOWN: manifest v1 unknown',
  ],
  [
    'some of many details',
    400,
    { errors: [{ ...WRONG, detail: ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7'] }] },
    '400 MANIFEST_INVALID: manifest invalid (a1, b2, c3, d4, e5, and 2 more)',
  ],
  [
    'the title of a page of a proxy',
    502,
    '<html>\r\n<head><title>502 Bad Gateway &amp; more</title></head><body><h1>nginx</h1></body></html>',
    '502 Bad Gateway (an HTML page, "502 Bad Gateway & more")',
  ],
  ['a page without a title', 404, '<!DOCTYPE html><p>what?', '404 Not Found (an HTML page)'],
  ['the first line of a text', 503, 'upstream is away\nstack', '503 Service Unavailable (upstream is away)'],
  ['the message of other JSON', 401, { details: 'incorrect username' }, '401 Unauthorized (incorrect username)'],
  ['what a status means without a body', 404, '', '404 MANIFEST_UNKNOWN: manifest unknown'],
  ['the name of a status that says little', 504, '', '504 Gateway Timeout'],
];

for (const [what, status, body, text] of TEXTS) {
  test(`an error says ${what}`, async (t) => {
    const server = await ScriptedServer.start(t, (_, response) => answer(response, status, body));
    const remote = openRemote(t, server.address, ONCE);
    const error = await t.throwsAsync(remote.manifests.get(NAME, parseReference('v1')), { instanceOf: RemoteError });
    t.is(error.message, `GET ${server.address}/v2/team/app/manifests/v1: ${text}`);
  });
}

test('a page where a manifest or a list should be is an error that names the page', async (t) => {
  const page = '<html><title>Welcome to nginx!</title></html>';
  const server = await ScriptedServer.start(t, (_, response) =>
    answer(response, 200, page, { 'Content-Type': 'text/html' }),
  );
  const { manifests, tags } = openRemote(t, server.address, ONCE);
  const [list, v1] = [{ limit: 1, after: undefined }, parseReference('v1')];
  for (const read of [() => manifests.get(NAME, v1), () => manifests.stat(NAME, v1), () => tags.list(NAME, list)]) {
    const error = await t.throwsAsync<TransferError>(read(), { instanceOf: TransferError });
    t.is(error.reason, 'malformed');
    t.regex(error.message, /: the answer is not JSON, but an HTML page, "Welcome to nginx!"$/);
  }
});

test('the URL of an error may have escapes that stand for nothing', async (t) => {
  const body = { errors: [{ code: 'BLOB_UPLOAD_INVALID', message: 'no', detail: 'why' }] };
  const server = await ScriptedServer.start(t, ({ method }, response) =>
    method === 'POST' ? answer(response, 202, '', { Location: '/uploads/%E0%A4%ZZ?x=%' }) : answer(response, 400, body),
  );
  const upload = await openRemote(t, server.address, ONCE).layers.upload(NAME);
  const error = await t.throwsAsync(upload.finish(digestOf(Buffer.of())), { instanceOf: RemoteError });
  t.regex(error.message, /uploads\/%E0%A4%ZZ: 400 BLOB_UPLOAD_INVALID: no \(why\)$/);
});

test('advice after an error says what the user can do, at which host', async (t) => {
  const credentials = { find: async () => ({ username: 'ann', password: 'x', origin: 'auth.json (auths "x")' }) };
  const server = await ScriptedServer.start(t, ({ headers, url = '' }, response) => {
    const [, status] = /manifests\/s(\d+)/.exec(url) ?? [];
    if (headers.authorization === undefined && headers['user-agent'] === 'asks')
      return answer(response, 401, {}, { 'WWW-Authenticate': 'Basic realm="x"' });
    return answer(response, Number(status), {}, { 'Retry-After': '90', 'X-Request-Id': 'r1' });
  });
  const { host } = new URL(server.address);
  const adviceOf = async (status: number, options: object = {}): Promise<string> => {
    const { manifests } = openRemote(t, server.address, { ...ONCE, ...options });
    const error = await t.throwsAsync(manifests.get(NAME, parseReference(`s${status}`)), { instanceOf: RemoteError });
    return error.advice;
  };
  const known = { credentials, userAgent: 'asks' };
  t.is(await adviceOf(429), `try again in 90 seconds, or log in to ${host} for a higher limit`);
  t.is(await adviceOf(503), `try again in 90 seconds; if it persists, report request r1 to the operator of ${host}`);
  t.is(await adviceOf(404), 'check the name, the tag and the digest');
  t.regex(
    await adviceOf(404, known),
    /^check the name, .*, and the permissions of the credentials from auth\.json \(auths "x"\)$/,
  );
  t.is(await adviceOf(403, known), 'check the credentials from auth.json (auths "x") and their permissions');
  t.regex(
    await adviceOf(413),
    /^ask the operator of 127\.0\.0\.1:\d+, or of a proxy in front of it, for a higher limit$/,
  );
});

test('plain HTTP at a port with TLS is told as that, as servers say it in many ways', async (t) => {
  const texts = [
    'Client sent an HTTP request to an HTTPS server.\n',
    '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>',
  ];
  for (const text of texts) {
    const server = await ScriptedServer.start(t, (_, response) => answer(response, 400, text));
    const error = await t.throwsAsync(openRemote(t, server.address, ONCE).ping(), { instanceOf: TransferError });
    t.is(error.reason, 'tls-only');
    t.is(error.message, `GET ${server.address}/v2/: the host requires TLS on this port`);
  }
});

test('settings for TLS that are no PEM are refused when a registry is opened', (t) => {
  const open = (tls: object) => () => openRemote(t, 'https://registry.test', { tls });
  t.throws(open({ ca: 'no PEM' }), { instanceOf: TypeError, message: /^tls\.ca contains no certificate in PEM form/ });
  t.throws(open({ cert: 'x', key: 'y' }), { message: /^tls\.cert contains no certificate/ });
});
