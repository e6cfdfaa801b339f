import test from 'ava';
import { type RequestUrlOptions, type UrlSettings, urlBuilderFor } from '../../../../core/api/request-urls.ts';
import { parsePathPrefix } from '../../../../core/api/url-root.ts';

function rootOf(facts: Partial<RequestUrlOptions>, settings: Partial<UrlSettings> = {}): string {
  const request = { host: 'registry:5000', encrypted: false, path: '/v2/foo/blobs/uploads/', ...facts };
  return urlBuilderFor(request, { prefix: '', relative: false, ...settings }).root;
}

const CASES: [string, Partial<RequestUrlOptions>, string][] = [
  ['the Host header by itself', {}, 'http://registry:5000'],
  ['TLS', { encrypted: true }, 'https://registry:5000'],
  ['an IPv6 host', { host: '[::1]:5000' }, 'http://[::1]:5000'],
  ['a host with an underscore', { host: 'my_registry' }, 'http://my_registry'],
  ['X-Forwarded-Proto', { forwardedProto: 'https' }, 'https://registry:5000'],
  ['X-Forwarded-Proto in capitals', { forwardedProto: 'HTTPS' }, 'https://registry:5000'],
  ['X-Forwarded-Proto against TLS', { forwardedProto: 'http', encrypted: true }, 'http://registry:5000'],
  ['X-Forwarded-Host', { forwardedHost: 'first.example' }, 'http://first.example'],
  [
    'the first of several proxies',
    { forwardedProto: 'https, http', forwardedHost: 'first.example:8443 , second.example' },
    'https://first.example:8443',
  ],
  ['Forwarded', { forwarded: 'for=192.0.2.1;proto=https;host=first.example' }, 'https://first.example'],
  ['Forwarded without a host', { forwarded: 'proto=https' }, 'https://registry:5000'],
  ['Forwarded without a scheme', { forwarded: 'host=first.example', encrypted: true }, 'https://first.example'],
  ['Forwarded in other letters', { forwarded: 'Proto=HTTPS;HOST=first.example' }, 'https://first.example'],
  ['quoted values', { forwarded: 'proto="https";host="first.example:5443"' }, 'https://first.example:5443'],
  ['quoted pairs', { forwarded: String.raw`host="fi\rst.exam\ple"` }, 'http://first.example'],
  [
    'IPv6 in Forwarded',
    { forwarded: 'for="[2001:db8::17]:47";host="[2001:db8::1]:5000"' },
    'http://[2001:db8::1]:5000',
  ],
  ['white space in Forwarded', { forwarded: ' proto = https ; host = first.example ' }, 'https://first.example'],
  ['a semicolon at the end', { forwarded: 'proto=https;' }, 'https://registry:5000'],
  ['the first element', { forwarded: 'host=first.example, host=second.example;proto=https' }, 'http://first.example'],
  ['a comma inside quotes', { forwarded: 'for="a,b";proto=https,proto=http' }, 'https://registry:5000'],
  [
    'Forwarded before X-Forwarded headers',
    { forwarded: 'host=first.example;proto=http', forwardedHost: 'second.example', forwardedProto: 'https' },
    'http://first.example',
  ],
  [
    'X-Forwarded-Proto where Forwarded has no proto',
    { forwarded: 'for=192.0.2.1;host=first.example', forwardedHost: 'second.example', forwardedProto: 'https' },
    'https://first.example',
  ],
  [
    'X-Forwarded-Host where Forwarded has no host',
    { forwarded: 'for=192.0.2.1;proto=https', forwardedHost: 'second.example', forwardedProto: 'http' },
    'https://second.example',
  ],
  [
    'both where Forwarded names the client alone',
    { forwarded: 'for=192.0.2.1', forwardedHost: 'second.example', forwardedProto: 'https' },
    'https://second.example',
  ],
  [
    'nothing of the second element of Forwarded',
    { forwarded: 'for=192.0.2.1, proto=http;host=third.example', forwardedProto: 'https' },
    'https://registry:5000',
  ],
  ['an empty Forwarded', { forwarded: '', forwardedHost: 'second.example' }, 'http://second.example'],
];

for (const [what, facts, root] of CASES) {
  test(`URLs follow ${what}`, (t) => {
    t.is(rootOf(facts), root);
  });
}

const MALFORMED = [
  'host',
  'host=',
  '=first.example',
  'host=first.example:5000',
  'host="first.example',
  'host=first.example proto=https',
  'host=first.example;host=second.example',
  'proto=https;,host=first.example',
  ',host=first.example',
  ';',
];

for (const forwarded of MALFORMED) {
  test(`the malformed Forwarded ${forwarded} counts as absent, and so do the X-Forwarded headers beside it`, (t) => {
    t.is(rootOf({ forwarded, forwardedHost: 'second.example', forwardedProto: 'https' }), 'http://registry:5000');
  });
}

const UNSOUND_HOSTS = [
  'evil.example/path',
  'evil.example\\path',
  'user@evil.example',
  'user:secret@evil.example',
  'evil.example\r\nX-Injected: yes',
  'evil\n.example',
  'evil example',
  'evil.example?x',
  'evil.example#x',
  'evil.example:port',
  'evil.example:123456',
  'evil.example:65536',
  'z0.0.0.0',
  '1.2.3.4.5',
  '[1:2]',
  'evil.example:',
  '[::1',
  '::1',
  '[evil.example]',
  '<evil>',
  '.evil',
  '',
  ' ',
  'é.example',
  'a'.repeat(300),
];

for (const host of UNSOUND_HOSTS) {
  test(`the unsound host ${JSON.stringify(host.slice(0, 40))} gets into no URL`, (t) => {
    t.is(rootOf({ forwardedHost: host }), 'http://registry:5000');
    t.is(rootOf({ forwarded: `host="${host.replaceAll('\\', '\\\\')}"` }), 'http://registry:5000');
    t.is(rootOf({ host, path: '/team/v2/' }), '/team');
  });
}

for (const proto of ['ftp', 'javascript', 'https:', 'ht\r\ntp', '', ' ', '//']) {
  test(`the unsound scheme ${JSON.stringify(proto)} gets into no URL`, (t) => {
    t.is(rootOf({ forwardedProto: proto, encrypted: true }), 'https://registry:5000');
    t.is(rootOf({ forwarded: `proto="${proto}"`, encrypted: true }), 'https://registry:5000');
  });
}

test('without any host the URLs have none', (t) => {
  t.is(rootOf({ host: undefined, encrypted: true }), '');
});

test('the configured scheme and host win over every header, also over a wish for relative URLs', (t) => {
  const host = new URL('https://public.example:8443/?x#y');
  const facts = { forwarded: 'host=first.example;proto=http', forwardedHost: 'second.example' };
  t.is(rootOf(facts, { host }), 'https://public.example:8443');
  t.is(rootOf(facts, { host, relative: true, prefix: '/team' }), 'https://public.example:8443/team');
});

test('the path of the configured URL is kept before the prefix, and that of a request is not added to it', (t) => {
  const host = new URL('https://public.example:8443/images');
  t.is(rootOf({ path: '/images/v2/' }, { host }), 'https://public.example:8443/images');
  t.is(rootOf({ path: '/v2/' }, { host }), 'https://public.example:8443/images');
  t.is(rootOf({}, { host, prefix: '/team' }), 'https://public.example:8443/images/team');
});

test('relative URLs keep the prefix', (t) => {
  t.is(rootOf({ forwardedHost: 'first.example' }, { relative: true }), '');
  t.is(rootOf({}, { relative: true, prefix: '/team' }), '/team');
  t.is(rootOf({ path: '/team/v2/' }, { relative: true }), '/team');
});

const PREFIXES: [string, string][] = [
  ['/v2/foo/tags/list', ''],
  ['/team/registry/v2/foo/tags/list', '/team/registry'],
  ['/v2/foo/v2/tags/list', ''],
  ['/team/v2/v2/tags/list', '/team'],
  ['//evil.example/v2/foo/tags/list', ''],
  ['/a//b/v2/', ''],
  ['/a/../v2/', ''],
  ['/%2e%2e/v2/', ''],
  ['/a b/v2/', ''],
  ['http://evil.example/v2/', ''],
  ['/elsewhere', ''],
];

for (const [path, prefix] of PREFIXES) {
  test(`the path ${path} has the prefix ${JSON.stringify(prefix)}`, (t) => {
    t.is(rootOf({ path }), `http://registry:5000${prefix}`);
    t.is(rootOf({ path }, { relative: true }), prefix);
    t.is(rootOf({ path }, { prefix: '/configured' }), 'http://registry:5000/configured');
  });
}

test('slashes at the ends of a configured prefix do not matter', (t) => {
  for (const text of ['team/registry', '/team/registry', '/team/registry/', 'team/registry/']) {
    t.is(parsePathPrefix(text), '/team/registry');
  }
  for (const text of ['', '/']) t.is(parsePathPrefix(text), '');
});

for (const text of ['//evil.example', '/a//b', '/..', 'a/./b', '/a b', '/a?b', '/%2e', 'https://host']) {
  test(`${text} is no prefix`, (t) => {
    t.throws(() => parsePathPrefix(text), { instanceOf: TypeError, message: /is not a path prefix/ });
  });
}
