import test from 'ava';
import { HostPatterns, isLoopback } from '../../../../client/http/host-patterns.ts';
import { proxyOf } from '../../../../client/http/proxy-of.ts';

const url = (text: string) => new URL(text);

test('hosts match by name in any case, by name and port, by address and by network', (t) => {
  const patterns = new HostPatterns(['Registry.Example', 'other.example:5000', '10.0.0.0/8', 'fd00::/8', '1.2.3.4']);
  const matching = [
    'https://registry.example',
    'http://REGISTRY.example:81',
    'https://other.example:5000',
    'https://10.1.2.3',
    'https://[fd00::1]:5000',
    'http://1.2.3.4:5',
  ];
  for (const text of matching) t.true(patterns.match(url(text)), text);
  for (const text of ['https://a.registry.example', 'https://other.example', 'https://11.0.0.1', 'https://[fe00::1]']) {
    t.false(patterns.match(url(text)), text);
  }
});

test('entries that cannot be understood match nothing', (t) => {
  const patterns = new HostPatterns(['', ' ', '10.0.0.0/99', 'x/8', '/', '10.0.0.0/x']);
  t.false(patterns.match(url('https://10.0.0.1')));
  t.false(patterns.match(url('https://x')));
});

test('this machine is localhost, 127.0.0.0/8 and ::1', (t) => {
  for (const text of ['http://localhost:5000', 'https://127.0.0.1', 'http://127.9.9.9', 'http://[::1]:5']) {
    t.true(isLoopback(url(text)), text);
  }
  for (const text of ['http://localhost.example', 'http://128.0.0.1', 'http://127.0.0.1.example']) {
    t.false(isLoopback(url(text)), text);
  }
});

test('a proxy is chosen by the scheme, in lower case first, and never for this machine', (t) => {
  const environment = { HTTPS_PROXY: 'http://big:1', https_proxy: 'http://small:2', HTTP_PROXY: 'plain:3' };
  t.is(proxyOf(url('https://quay.io'), environment)?.href, 'http://small:2/');
  t.is(proxyOf(url('http://quay.io'), environment)?.href, 'http://plain:3/');
  t.is(proxyOf(url('https://localhost'), environment), undefined);
  t.is(proxyOf(url('https://quay.io'), {}), undefined);
  t.is(proxyOf(url('https://quay.io'), { https_proxy: ' ' }), undefined);
  t.throws(() => proxyOf(url('https://quay.io'), { https_proxy: 'http://[' }), { message: /HTTPS_PROXY is not a URL/ });
});

test('ALL_PROXY counts where the scheme has no proxy of its own, and NO_PROXY limits it too', (t) => {
  const environment = { ALL_PROXY: 'http://all:1', HTTPS_PROXY: 'http://secure:2', NO_PROXY: 'internal.example' };
  t.is(proxyOf(url('http://quay.io'), environment)?.href, 'http://all:1/');
  t.is(proxyOf(url('https://quay.io'), environment)?.href, 'http://secure:2/');
  t.is(proxyOf(url('http://internal.example'), environment), undefined);
  t.is(proxyOf(url('https://quay.io'), { ...environment, HTTPS_PROXY: '', all_proxy: 'small:3' })?.port, '3');
});

test('a proxy that does not speak HTTP is refused where it would be used, without its password', (t) => {
  const environment = { all_proxy: 'socks5://ann:secret@proxy:1080' };
  const error = t.throws(() => proxyOf(url('https://quay.io'), environment));
  t.is(error.message, 'ALL_PROXY names a proxy by socks5://; only http:// and https:// can be used');
  t.is(proxyOf(url('https://quay.io'), { ...environment, NO_PROXY: 'quay.io' }), undefined);
  t.is(proxyOf(url('https://quay.io'), { ...environment, https_proxy: 'http://p' })?.host, 'p');
});

const DIRECT: ReadonlyArray<readonly [list: string, address: string, isDirect: boolean]> = [
  ['.example.com', 'https://example.com', false],
  ['.example.com', 'https://a.b.example.com', true],
  ['*.example.com', 'https://a.example.com', true],
  ['*.example.com', 'https://example.com', false],
  ['example.com:8443', 'https://a.example.com:8443', true],
  ['example.com:8443', 'https://a.example.com', false],
  ['.example.com:80', 'http://a.example.com', true],
  ['EXAMPLE.com', 'https://example.COM', true],
  ['fd00::1', 'https://[fd00:0::1]', true],
  ['[fd00::1]:5000', 'https://[fd00::1]:5000', true],
  ['[fd00::1]:5000', 'https://[fd00::1]:5001', false],
  ['10.1.2.3:5000', 'https://10.1.2.3:5000', true],
  ['10.1.2.3:5000', 'https://10.1.2.3', false],
  ['fd00::/8', 'https://[fd12::1]', true],
  ['10.0.0.0/8', 'https://10.example.com', false],
  ['a, ,*', 'https://quay.io', true],
];

for (const [list, address, isDirect] of DIRECT) {
  test(`NO_PROXY of ${list} ${isDirect ? 'stands' : 'does not stand'} for ${address}`, (t) => {
    const proxy = proxyOf(url(address), { all_proxy: 'http://proxy', no_proxy: list });
    t.is(proxy === undefined, isDirect);
  });
}

test('NO_PROXY names hosts with their subdomains, ports, networks, and all', (t) => {
  const isDirect = (text: string, list: string): boolean =>
    proxyOf(url(text), { https_proxy: 'http://proxy', NO_PROXY: list }) === undefined;
  t.true(isDirect('https://a.example.com', 'x, example.com'));
  t.true(isDirect('https://a.example.com', '.example.com'));
  t.true(isDirect('https://example.com', 'example.com:443'));
  t.false(isDirect('https://example.com:444', 'example.com:443'));
  t.false(isDirect('https://badexample.com', 'example.com'));
  t.true(isDirect('https://10.2.3.4', '10.0.0.0/8'));
  t.true(isDirect('https://anything', '*'));
});
