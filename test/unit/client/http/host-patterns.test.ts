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
  t.throws(() => proxyOf(url('https://quay.io'), { https_proxy: 'http://[' }), { message: /HTTPS_PROXY is no URL/ });
});

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
