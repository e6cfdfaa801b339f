import test, { type ExecutionContext } from 'ava';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { IssuerKeys } from '../../../../../plugins/auth/oidc/issuer-keys.ts';
import { oidcController } from '../../../../helpers/auth/oidc-controller.ts';
import { TestIssuer } from '../../../../helpers/auth/test-issuer.ts';
import { TokenSigner } from '../../../../helpers/auth/token-signer.ts';
import { answer } from '../../../../helpers/client/scripted-server.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';

const DOCUMENT = 'GET /.well-known/openid-configuration';
const MINUTE_MS = 60_000;

/** The keys of an issuer, by a clock that stands still. */
function keysOf(issuer: TestIssuer, options: { readonly keysUrl?: URL } = {}) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const keys = new IssuerKeys({
    ...{ issuer: issuer.issuer, keysUrl: options.keysUrl, asksForAlgorithms: true, cooldownMs: 0 },
    warn: (message) => void warnings.push(message),
    now: () => clock.now(),
    wait: (ms, signal) => clock.wait(ms, signal),
  });
  const find = (kid = 'first'): Promise<unknown> => keys.find({ alg: 'ES256', kid });
  return { clock, keys, find, warnings, later: (ms: number) => void (clock.nowMs += ms) };
}

test('the document is fetched once for many tokens at once, and again after an hour, before its keys are used', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { find, later } = keysOf(issuer);
  await Promise.all(Array.from({ length: 20 }, () => find()));
  t.deepEqual(issuer.asked, [DOCUMENT, 'GET /keys']);
  later(59 * MINUTE_MS);
  await find();
  t.is(issuer.asked.filter((line) => line === DOCUMENT).length, 1);
  issuer.state.document = { jwks_uri: `${issuer.issuer}/keys?moved` };
  later(2 * MINUTE_MS);
  await t.throwsAsync(find());
  t.deepEqual(issuer.asked.slice(-2), [DOCUMENT, 'GET /keys?moved']);
});

test('keys of a URL that the operator names need no document', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { keys, find } = keysOf(issuer, { keysUrl: new URL(`${issuer.issuer}/keys`) });
  await keys.prepare();
  await find();
  t.deepEqual(issuer.asked, ['GET /keys']);
});

type Instead = NonNullable<TestIssuer['state']['instead']>;

const BROKEN: Readonly<Record<string, readonly [Partial<TestIssuer['state']>, RegExp]>> = {
  'answers 500': [{ instead: (_request, response) => (answer(response, 500), true) }, /the answer is 500, not 200/],
  'redirects to another host': [
    {
      instead: (_request, response) => (
        answer(response, 302, '', { Location: 'http://127.0.0.1:1/.well-known/openid-configuration' }), true
      ),
    },
    /the answer is 302, not 200/,
  ],
  'answers with a page': [pageOf('<html>', 'text/html'), /content-type/],
  'answers with a text': [pageOf('"x"'), /.+/],
  'answers with a list': [pageOf('[]'), /.+/],
  'answers with half a document': [pageOf('{"issuer":'), /pars/],
  'answers with too much': [pageOf(' '.repeat(10 * 1024 * 1024)), /more than 1048576 bytes/],
  'breaks off': [
    {
      instead: (_request, response) => {
        response.writeHead(200, { 'Content-Length': 100 });
        response.write('{');
        response.destroy();
        return true;
      },
    },
    /.+/,
  ],
  'names another issuer': [
    { document: { issuer: 'https://elsewhere.example.com' } },
    /it names the issuer "https:\/\/elsewhere\.example\.com"; if that is the right one, write exactly this as issuer/,
  ],
  'names no issuer': [{ document: { issuer: undefined } }, /.+/],
  'names no keys': [{ document: { jwks_uri: undefined } }, /it has no jwks_uri/],
  'names keys that are no URL': [{ document: { jwks_uri: 'keys' } }, /it has no jwks_uri/],
  'names keys that a network can change': [
    { document: { jwks_uri: 'http://elsewhere.example.com/keys' } },
    /its jwks_uri is not an https URL/,
  ],
  'names keys in a file': [{ document: { jwks_uri: 'file:///etc/passwd' } }, /its jwks_uri is not an https URL/],
};

function pageOf(text: string, type = 'application/json'): { instead: Instead } {
  return { instead: (_request, response) => (answer(response, 200, text, { 'Content-Type': type }), true) };
}

for (const [what, [state, reason]] of Object.entries(BROKEN)) {
  test(`while an issuer ${what}, no token of it counts, it is asked every ten seconds at most, and the log says why`, async (t) => {
    const issuer = await TestIssuer.start(t);
    const right = { ...issuer.state };
    Object.assign(issuer.state, state);
    const { keys, find, warnings, later } = keysOf(issuer);
    await keys.prepare();
    for (let count = 0; count < 5; count += 1) await t.throwsAsync(find(), { name: 'KeysUnavailableError' });
    t.deepEqual(issuer.asked, [DOCUMENT]);
    t.is(warnings.length, 1);
    t.regex(warnings[0] ?? '', /^the discovery document of http:.*; nobody can log in by it, and it is tried again$/s);
    t.regex(warnings[0] ?? '', reason);
    t.notRegex(warnings[0] ?? '', /something went wrong|it threw|Response/);
    t.true((warnings[0] ?? '').length < 300);
    Object.assign(issuer.state, { instead: undefined, ...right });
    later(10_000);
    await t.notThrowsAsync(find());
  });
}

test('an issuer that was down is asked again, even if the clock was set back meanwhile', async (t) => {
  const issuer = await TestIssuer.start(t);
  issuer.state.instead = (_request, response) => (answer(response, 503), true);
  const { find, later } = keysOf(issuer);
  await t.throwsAsync(find(), { name: 'KeysUnavailableError' });
  issuer.state.instead = undefined;
  later(-60 * MINUTE_MS);
  await t.notThrowsAsync(find());
});

test('known keys stay in effect while the issuer is down, for the document and for the keys', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { find, later, warnings } = keysOf(issuer);
  await find();
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  issuer.state.instead = (request, response) => {
    answer(response, 503);
    if (request.url !== '/keys') resolve();
    return true;
  };
  later(61 * MINUTE_MS);
  await t.notThrowsAsync(find());
  await tried;
  await t.notThrowsAsync(find());
  t.true(warnings.every((line) => !line.includes('nobody can log in')));
});

test('while an issuer whose document is known hangs, the first token waits for a second, and the others not at all', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { clock, find, later } = keysOf(issuer);
  await find();
  later(55 * MINUTE_MS);
  await find();
  issuer.state.instead = ({ url }) => url !== '/keys';
  later(6 * MINUTE_MS);
  // The wait for the keys, which answered in time, comes before.
  await clock.next();
  const found = find();
  const patience = await clock.next();
  t.is(patience.ms, 1_000);
  patience.pass();
  await t.notThrowsAsync(found);
  for (let count = 0; count < 3; count += 1) await t.notThrowsAsync(find());
});

test('an issuer whose document is known is asked for it less and less often while it fails', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { find, later } = keysOf(issuer);
  await find();
  issuer.state.instead = ({ url }, response) => url !== '/keys' && (answer(response, 503), true);
  const documents = (): number => issuer.asked.filter((line) => line === DOCUMENT).length;
  later(61 * MINUTE_MS);
  await find();
  for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
    const before = documents();
    later(seconds * 1000 - 1);
    await find();
    t.is(documents(), before, `after less than ${seconds} s`);
    later(1);
    await find();
    t.is(documents(), before + 1, `after ${seconds} s`);
  }
});

test('keys that replace others are found when a token needs them, also at another place', async (t) => {
  const issuer = await TestIssuer.start(t);
  const { find, later } = keysOf(issuer);
  await find();
  issuer.state.keys = [(await TokenSigner.of('ES256', { kid: 'second' })).jwk];
  await t.notThrowsAsync(find('second'));
  await t.throwsAsync(find('first'), { message: /its key "first" is not known for its algorithm; known are second/ });
  const { promise: moved, resolve } = Promise.withResolvers<void>();
  issuer.state.document = { jwks_uri: `${issuer.issuer}/moved` };
  issuer.state.instead = (request, response) => {
    if (request.url !== '/moved') return false;
    answer(response, 200, { keys: [issuer.signer.jwk] });
    resolve();
    return true;
  };
  later(61 * MINUTE_MS);
  // The first one notices, and a later one asks at the new place: an unknown key is asked for each time.
  while ((await Promise.race([moved.then(() => 'moved'), find('third').catch(() => 'asked')])) !== 'moved');
  await t.notThrowsAsync(find('first'));
});

for (const [what, broken] of Object.entries({
  'ten megabytes of keys': (response: Parameters<Instead>[1]) => answer(response, 200, ' '.repeat(10 * 1024 * 1024)),
  'a redirect': (response: Parameters<Instead>[1]) => answer(response, 301, '', { Location: '/moved' }),
  'a page': (response: Parameters<Instead>[1]) => answer(response, 200, '<html>'),
})) {
  test(`an issuer that answers with ${what} gives no keys`, async (t) => {
    const issuer = await TestIssuer.start(t);
    issuer.state.instead = (request, response) => {
      if (request.url === '/keys') broken(response);
      return request.url === '/keys';
    };
    const { find, warnings } = keysOf(issuer);
    await t.throwsAsync(find(), { name: 'KeysUnavailableError' });
    t.regex(warnings.join('\n'), /^the keys for tokens could not be fetched: the answer /);
  });
}

/** A server that takes connections and never answers. */
async function silentIssuer(t: ExecutionContext): Promise<TestIssuer> {
  const issuer = await TestIssuer.start(t);
  issuer.state.instead = () => true;
  return issuer;
}

test('a registry starts with an issuer that does not answer, and refuses its tokens as unavailable', async (t) => {
  t.timeout(60_000);
  const [silent, right] = [await silentIssuer(t), await TestIssuer.start(t)];
  const { logIn, warnings } = await oidcController([{ issuer: silent.issuer }, { issuer: right.issuer }]);
  t.regex(
    warnings.join('\n'),
    /^the discovery document of http.*(?:timeout|timed out|aborted)[^\n]*; nobody can log in by it/i,
  );
  t.true(RegistryError.is(await t.throwsAsync(logIn(await silent.token())), 'UNAVAILABLE'));
  await t.notThrowsAsync(logIn(await right.token()));
});
