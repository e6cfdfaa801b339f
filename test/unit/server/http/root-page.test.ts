import test from 'ava';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

test('a browser gets a page that says how to pull, push and log in at the host that it has asked', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('GET', '/', { headers: { ...BROWSER, Host: 'registry.example.com:8443' } });
  t.is(answer.status, 200);
  t.is(answer.headers['content-type'], 'text/html; charset=utf-8');
  for (const command of ['pull', 'push', 'login'])
    t.regex(answer.text, new RegExp(`docker ${command} registry\\.example\\.com:8443`));
  t.notRegex(answer.text, /\d+\.\d+\.\d+|node|koa/i);
  t.regex(String(answer.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-[^']+';/);
  t.is(answer.headers['x-content-type-options'], 'nosniff');
});

test('a HEAD of a browser has the headers of the page and no body', async (t) => {
  const registry = await withRegistry(t);
  const [get, head] = [
    await registry.ask('GET', '/', { headers: BROWSER }),
    await registry.ask('HEAD', '/', { headers: BROWSER }),
  ];
  t.is(head.headers['content-length'], String(get.body.byteLength));
  t.is(head.body.byteLength, 0);
});

for (const accept of [undefined, '*/*', 'application/json', 'text/html;q=0, */*', 'text/plain']) {
  test(`a client that accepts ${accept ?? 'anything, without saying so,'} gets an empty answer, as probes expect`, async (t) => {
    const registry = await withRegistry(t);
    const answer = await registry.ask('GET', '/', { headers: accept === undefined ? {} : { Accept: accept } });
    t.is(answer.status, 200);
    t.is(answer.text, '');
  });
}

test('the page asks for no credentials and shows nothing of the content', async (t) => {
  const others = { auth: { silly: { realm: 'here', service: 'registry' } } };
  const registry = await withRegistry(t, { auth: others.auth });
  const answer = await registry.ask('GET', '/', { headers: BROWSER });
  t.is(answer.status, 200);
  t.regex(answer.text, /is a container registry/);
});

test('the configured host counts, and one that is no host is not shown', async (t) => {
  const configured = await withRegistry(t, { http: { host: 'https://public.example.com' } });
  t.regex((await configured.ask('GET', '/', { headers: BROWSER })).text, /docker pull public\.example\.com\/name/);
  const registry = await withRegistry(t, { http: { relativeurls: true } });
  const shown = await registry.ask('GET', '/', { headers: { ...BROWSER, Host: 'own.example.com' } });
  t.regex(shown.text, /docker pull own\.example\.com\/name/);
  const hostile = { ...BROWSER, 'X-Forwarded-Host': '"><script>alert(1)</script>' };
  const answer = await registry.ask('GET', '/', { headers: hostile });
  t.notRegex(answer.text, /<script/);
});

for (const path of ['/v2/', '/index.html', '/favicon.ico']) {
  test(`a browser gets no page at ${path}`, async (t) => {
    const registry = await withRegistry(t);
    t.not((await registry.ask('GET', path, { headers: BROWSER })).headers['content-type'], 'text/html; charset=utf-8');
  });
}
