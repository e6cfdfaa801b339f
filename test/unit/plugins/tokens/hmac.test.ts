import { createHmac } from 'node:crypto';
import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import type { TokenProvider } from '../../../../core/ports/token-provider.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { HmacTokens } from '../../../../plugins/tokens/hmac.ts';
import { STATES, stateOf, tokenCases } from './token-cases.ts';

function keyOf(secret: string): Uint8Array {
  return Buffer.from(secret, 'utf8');
}

function tokensOf(first: string, ...others: string[]): HmacTokens {
  return new HmacTokens({ keys: [keyOf(first), ...others.map(keyOf)] });
}

/** A token with this text under a right signature. */
function signed(json: string | Uint8Array, secret = 'supersecret'): string {
  const bytes = Buffer.from(json);
  const token = Buffer.concat([createHmac('sha256', keyOf(secret)).update(bytes).digest(), bytes]);
  return token.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

tokenCases(test, async () => {
  const now = new Date(STATES[2].startedAt).getTime();
  let ageMs = 0;
  const instance = (secret: string): HmacTokens =>
    new HmacTokens({ keys: [keyOf(secret)], maxAgeMs: Number.MAX_SAFE_INTEGER / 2, now: () => now + ageMs });
  return {
    here: instance('shared'),
    there: instance('shared'),
    elsewhere: instance('another'),
    grow: async () => void (ageMs = Number.MAX_SAFE_INTEGER),
    knowsLast: false,
  };
});

test('a token is padded, as in distribution', async (t) => {
  for (const state of STATES) {
    const token = await tokensOf('supersecret').issue(state);
    t.regex(token, /^[A-Za-z0-9_-]+={0,2}$/);
    t.is(token.length % 4, 0);
  }
});

const SECRETS = ['s', 'supersecret', 'superduper secret', '123', '日本語', 'contains \0 and \n', '='.repeat(500)];
for (const [index, secret] of SECRETS.entries()) {
  test(`a token of secret ${index} is read with this secret only`, async (t) => {
    const [state] = STATES;
    const [mine, other] = [tokensOf(secret), tokensOf(`${secret}!`)];
    t.deepEqual(await tokensOf(secret).read(await mine.issue(state)), state);
    await t.throwsAsync(other.read(await mine.issue(state)), { code: 'BLOB_UPLOAD_INVALID' });
    await t.throwsAsync(mine.read(await other.issue(state)), { code: 'BLOB_UPLOAD_INVALID' });
  });
}

test('the token of distribution for compact JSON is reproduced', async (t) => {
  const token = await tokensOf('supersecret').issue(stateOf('hello', 'abcd-1234-qwer-0987', 0, '0001-01-01T00:00:00Z'));
  t.true(token.startsWith('si9rhVrFcSwtEq4eZ4K7DZHm19vQCWc_7AfwN-81pZx7Ik5hbWUiOiJo'), token);
  t.is(
    Buffer.from(token, 'base64url').subarray(32).toString(),
    '{"Name":"hello","UUID":"abcd-1234-qwer-0987","Offset":0,"StartedAt":"0001-01-01T00:00:00Z"}',
  );
});

test('the signature of the first version of the format is verified, its text without a start is refused', async (t) => {
  const token = signed('{"Name": "hello", "UUID": "abcd-1234-qwer-0987", "Offset": 0}');
  t.true(token.startsWith('qIHGrm2zVURIYv_KdF_BXoTl-lzbA4H2WOSvBKQsyrh7Ik5hbWUiOiAi'), token);
  await t.throwsAsync(tokensOf('supersecret').read(token), { code: 'BLOB_UPLOAD_INVALID', message: /no upload state/ });
});

for (const [startedAt, written] of [
  ['2024-05-06T07:08:00.000Z', '2024-05-06T07:08:00Z'],
  ['2024-05-06T07:08:10.120Z', '2024-05-06T07:08:10.12Z'],
  ['2024-05-06T07:08:10.001Z', '2024-05-06T07:08:10.001Z'],
] as const) {
  test(`the time ${startedAt} is written as Go writes it`, async (t) => {
    const token = await tokensOf('supersecret').issue(stateOf('a', 'u', 1, startedAt));
    const json = Buffer.from(token, 'base64url').subarray(32).toString();
    t.is(json, `{"Name":"a","UUID":"u","Offset":1,"StartedAt":"${written}"}`);
  });
}

const FOREIGN = {
  'keys in another order, unknown ones and blanks':
    '{ "StartedAt" : "2024-05-06T07:08:09.123Z", "Extra": {"a": [1]}, "Offset": 5, "UUID": "u", "Name": "a/b" }',
  'a time with nanoseconds': '{"Name":"a/b","UUID":"u","Offset":5,"StartedAt":"2024-05-06T07:08:09.123456789Z"}',
  'a time with an offset east': '{"Name":"a/b","UUID":"u","Offset":5,"StartedAt":"2024-05-06T09:38:09.123+02:30"}',
  'a time with an offset west': '{"Name":"a/b","UUID":"u","Offset":5,"StartedAt":"2024-05-06T00:08:09.1230000-07:00"}',
  'a time in small letters': '{"Name":"a/b","UUID":"u","Offset":5,"StartedAt":"2024-05-06t07:08:09.123z"}',
};
for (const [what, json] of Object.entries(FOREIGN)) {
  test(`a foreign token is read: ${what}`, async (t) => {
    t.deepEqual(await tokensOf('supersecret').read(signed(json)), stateOf('a/b', 'u', 5));
  });
}

test('padding is optional', async (t) => {
  const tokens = tokensOf('supersecret');
  for (const uuid of ['u', 'uu', 'uuu']) {
    const state = stateOf('a', uuid, 0);
    const token = await tokens.issue(state);
    t.deepEqual(await tokens.read(token.replace(/=+$/, '')), state);
    t.deepEqual(await tokens.read(token), state);
  }
});

const GOOD = { Name: 'a/b', UUID: 'u', Offset: 5, StartedAt: '2024-05-06T07:08:09Z' };
const WRONG_STATES: Readonly<Record<string, object>> = {
  'a name with capitals': { ...GOOD, Name: 'A/b' },
  'a name that climbs': { ...GOOD, Name: '../b' },
  'no name': { ...GOOD, Name: undefined },
  'a UUID with a slash': { ...GOOD, UUID: 'a/b' },
  'a UUID of dots': { ...GOOD, UUID: '..' },
  'a UUID that is a number': { ...GOOD, UUID: 7 },
  'an offset below 0': { ...GOOD, Offset: -1 },
  'a fractional offset': { ...GOOD, Offset: 1.5 },
  'an offset past the safe integers': { ...GOOD, Offset: 2 ** 53 },
  'an offset that is text': { ...GOOD, Offset: '5' },
  'no offset': { ...GOOD, Offset: undefined },
  'a time without a zone': { ...GOOD, StartedAt: '2024-05-06T07:08:09' },
  'a time that does not exist': { ...GOOD, StartedAt: '2024-13-06T07:08:09Z' },
  'a time that is a number': { ...GOOD, StartedAt: 1714979289 },
  'no time': { ...GOOD, StartedAt: undefined },
  'a list': [GOOD],
};
for (const [what, state] of Object.entries(WRONG_STATES)) {
  test(`a signed state with ${what} is refused`, async (t) => {
    const error = await t.throwsAsync(tokensOf('supersecret').read(signed(JSON.stringify(state))), {
      instanceOf: RegistryError,
      code: 'BLOB_UPLOAD_INVALID',
    });
    t.regex(String(error.detail?.['reason']), /malformed/);
  });
}

const MALFORMED: Readonly<Record<string, string>> = {
  nothing: '',
  'a bare signature of the wrong length': Buffer.alloc(31).toString('base64url'),
  'no base64': '!!!!',
  'the base64 of the other alphabet': signed(JSON.stringify(GOOD)).replace(/^./, '+'),
  'one character too many': 'A'.repeat(65),
  'wrong padding': `${'A'.repeat(64)}=`,
  blanks: ` ${signed(JSON.stringify(GOOD))}`,
  'far too much': 'A'.repeat(1_000_000),
};
for (const [what, token] of Object.entries(MALFORMED)) {
  test(`a token of ${what} is malformed`, async (t) => {
    const error = await t.throwsAsync(tokensOf('supersecret').read(token), {
      instanceOf: RegistryError,
      code: 'BLOB_UPLOAD_INVALID',
    });
    t.regex(String(error.detail?.['reason']), /malformed/);
  });
}

for (const [what, json] of Object.entries({ 'no JSON': 'hello', 'no text': Uint8Array.of(0xff, 0xfe), nothing: '' })) {
  test(`a signature over ${what} is refused`, async (t) => {
    await t.throwsAsync(tokensOf('supersecret').read(signed(json)), { code: 'BLOB_UPLOAD_INVALID' });
  });
}

test('a token in which any one byte is flipped, or that is cut short, is refused', async (t) => {
  const tokens = tokensOf('supersecret');
  const bytes = Buffer.from(await tokens.issue(stateOf('a/b', 'u', 5)), 'base64url');
  for (let index = 0; index < bytes.length; index++) {
    const flipped = Buffer.from(bytes);
    flipped[index] = (flipped[index] ?? 0) ^ 1;
    await t.throwsAsync(tokens.read(flipped.toString('base64url')), { code: 'BLOB_UPLOAD_INVALID' });
    await t.throwsAsync(tokens.read(bytes.subarray(0, index).toString('base64url')), { code: 'BLOB_UPLOAD_INVALID' });
  }
});

test('keys rotate: the first one signs, all of them verify, a dropped one does not', async (t) => {
  const state = stateOf('a/b', 'u', 5);
  const [old, both, fresh] = [tokensOf('old'), tokensOf('new', 'old'), tokensOf('new')];
  t.deepEqual(await both.read(await old.issue(state)), state);
  t.deepEqual(await fresh.read(await both.issue(state)), state);
  const error = await t.throwsAsync(fresh.read(await old.issue(state)), { code: 'BLOB_UPLOAD_INVALID' });
  t.regex(String(error.message), /http\.secret/);
});

test('new keys take effect with the next call, even while requests run', async (t) => {
  const state = stateOf('a/b', 'u', 5);
  const tokens = tokensOf('old');
  const old = await tokens.issue(state);
  tokens.rotate(['new', 'old']);
  t.deepEqual(await tokens.read(old), state);
  const fresh = await tokens.issue(state);
  tokens.rotate(['new']);
  t.deepEqual(await tokens.read(fresh), state);
  const error = await t.throwsAsync(tokens.read(old), { instanceOf: RegistryError, code: 'BLOB_UPLOAD_INVALID' });
  t.regex(String(error.detail?.['reason']), /instances do not share http\.secret/);
});

test('a token is valid for exactly the maximum age, counted from the start of the upload', async (t) => {
  const startedAt = new Date('2024-05-06T07:08:09.123Z').getTime();
  let now = startedAt + 60_000;
  const tokens = new HmacTokens({ keys: [keyOf('k')], maxAgeMs: 60_000, now: () => now });
  const token = await tokens.issue(stateOf('a', 'u', 0));
  t.is((await tokens.read(token)).offset, 0);
  now += 1;
  const error = await t.throwsAsync(tokens.read(token), { instanceOf: RegistryError, code: 'BLOB_UPLOAD_INVALID' });
  t.regex(String(error.detail?.['reason']), /too long ago/);
});

async function configured(options: unknown): Promise<{ tokens: TokenProvider; warnings: string[] }> {
  const warnings: string[] = [];
  const { ports } = await loadPlugin({
    kind: 'token-provider',
    name: 'hmac',
    at: 'http',
    baseFolder: '.',
    options,
    warn: (message) => void warnings.push(message),
  });
  return { tokens: ports['token-provider'], warnings };
}

test('without a secret each process makes its own and explains the consequences', async (t) => {
  const [one, two] = [await configured({}), await configured({ secrets: [] })];
  t.is(one.warnings.length, 1);
  t.regex(String(one.warnings[0]), /will not survive a restart.*load balancer.*http\.secret/);
  const state = stateOf('a/b', 'u', 5);
  t.deepEqual(await one.tokens.read(await one.tokens.issue(state)), state);
  await t.throwsAsync(two.tokens.read(await one.tokens.issue(state)), { code: 'BLOB_UPLOAD_INVALID' });
});

test('configured secrets are used as their UTF-8 bytes, without a warning', async (t) => {
  const { tokens, warnings } = await configured({ secrets: ['schlüssel', 'old'], maxAgeMs: 1e15 });
  const state = stateOf('a/b', 'u', 5);
  t.deepEqual(await tokensOf('schlüssel').read(await tokens.issue(state)), state);
  t.deepEqual(await tokens.read(await tokensOf('old').issue(state)), state);
  t.deepEqual(warnings, []);
});

for (const [what, options] of Object.entries({
  'http.secrets[0]: must not be empty': { secrets: [''] },
  'http.secrets[1]: must not be empty': { secrets: ['good', ''] },
  'http.secrets[0]: must be a string': { secrets: [7] },
  'http.maxAgeMs: must be greater than 0': { secrets: ['good'], maxAgeMs: 0 },
  'http.secret: unknown key, did you mean "secrets"?': { secret: 'good' },
})) {
  test(`nothing starts with ${what}`, async (t) => {
    const error = await t.throwsAsync(configured(options), { instanceOf: PluginLoadError });
    t.is(error.code, 'wrong-options');
    t.true(error.message.includes(what), error.message);
  });
}

test('keys can be replaced: the first of the new ones signs, and old ones stay valid as long as they are among them', async (t) => {
  const state = stateOf('hello', 'abcd-1234-qwer-0987', 5);
  const tokens = tokensOf('one');
  const old = await tokens.issue(state);
  tokens.rotate(['two', 'one']);
  t.deepEqual(await tokens.read(old), state);
  const next = await tokens.issue(state);
  t.deepEqual(await tokensOf('two').read(next), state);
  tokens.rotate(['two']);
  await t.throwsAsync(tokens.read(old), { instanceOf: RegistryError, message: /http\.secret/ });
  t.deepEqual(await tokens.read(next), state);
});
