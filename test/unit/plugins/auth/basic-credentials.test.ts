import test from 'ava';
import { parseBasicCredentials } from '../../../../plugins/auth/basic-credentials.ts';
import { basic } from './htpasswd/fixture-passwords.ts';

function textOf(authorization: string): [string, string] | undefined {
  const credentials = parseBasicCredentials(authorization);
  return credentials && [credentials.user, Buffer.from(credentials.password).toString('utf8')];
}

for (const [user, password] of [
  ['ann', 'secret'],
  ['ann', ''],
  ['', 'secret'],
  ['ann', 'c:o:l:o:n'],
  ['änn', 'pässwörd'],
] as const) {
  test(`${user} with ${JSON.stringify(password)} is read`, (t) => {
    t.deepEqual(textOf(basic(user, password)), [user, password]);
  });
}

test('the scheme may be in any case, followed by blanks', (t) => {
  t.deepEqual(textOf(basic('a', 'b').replace('Basic ', 'bAsIC   ')), ['a', 'b']);
});

test('the password keeps its bytes, even if they are not UTF-8', (t) => {
  const header = `Basic ${Buffer.from([0x61, 0x3a, 0xff, 0x00]).toString('base64')}`;
  t.deepEqual([...(parseBasicCredentials(header)?.password ?? [])], [0xff, 0x00]);
});

for (const header of [
  '',
  'Basic',
  'Basic ',
  'Basic !!!!',
  'Basic YTpi YTpi',
  'Basic YTp',
  'Basic YTpiYw',
  'Basic YW5u',
  'BasicYTpi',
  'Bearer YTpi',
  'Digest username="a"',
  `Basic ${'='.repeat(100_000)}`,
]) {
  test(`${JSON.stringify(header.slice(0, 40))} (${header.length} characters) holds no credentials`, (t) => {
    t.is(parseBasicCredentials(header), undefined);
  });
}
