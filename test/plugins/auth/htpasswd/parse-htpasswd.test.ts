import { verify } from '@node-rs/bcrypt';
import test from 'ava';
import { parseHtpasswd } from '../../../../plugins/auth/htpasswd/parse-htpasswd.ts';
import { ANN, BOB, EVE } from './fixture-passwords.ts';

function hashOf({ line }: { line: string }): string {
  return line.slice(line.indexOf(':') + 1);
}

test('comments, blank lines, carriage returns and a byte order mark are passed over', (t) => {
  const { hashes } = parseHtpasswd(`\uFEFF# staff\r\n\r\n  ${ANN.line}  \r\n\t# more\n\n${EVE.line}`);
  t.deepEqual(
    [...hashes],
    [
      ['ann', hashOf(ANN)],
      ['eve', hashOf(EVE)],
    ],
  );
});

for (const prefix of ['$2a$', '$2b$', '$2y$']) {
  test(`a hash that begins with ${prefix} is bcrypt`, (t) => {
    t.is(parseHtpasswd(ANN.line.replace('$2y$', prefix)).hashes.size, 1);
  });
}

test('the dummy hash costs as much as the costliest of the file, and no password is right for it', async (t) => {
  const { dummyHash } = parseHtpasswd(`${ANN.line}\n${EVE.line}\n${BOB.line}\n`);
  t.regex(dummyHash, /^\$2b\$05\$.{53}$/);
  for (const password of ['', 'swordfish', dummyHash]) t.false(await verify(password, dummyHash));
  t.regex(parseHtpasswd(ANN.line).dummyHash, /^\$2b\$04\$/);
});

const HASH = hashOf(ANN);
const PROBLEMS = {
  'no colon': ['ann', /line 2: not user:hash/],
  'no user': [`:${HASH}`, /line 2: the user is empty/],
  'no hash': ['ann:', /line 2: the hash is not bcrypt; write it with htpasswd -B/],
  'a password in clear': ['ann:secret', /line 2: the hash is not bcrypt/],
  'Apache MD5': ['ann:$apr1$a6OwiOyX$SuxxDAk.sIGjofZB5XWfi.', /line 2: the hash is not bcrypt/],
  'SHA-1': ['ann:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=', /line 2: the hash is not bcrypt/],
  'the broken variant 2x': [`ann:${HASH.replace('2y', '2x')}`, /line 2: the hash is not bcrypt/],
  'a hash cut short': [`ann:${HASH.slice(0, -1)}`, /line 2: the bcrypt hash is damaged/],
  'a hash with a tail': [`ann:${HASH}:x`, /line 2: the bcrypt hash is damaged/],
  'bits that bcrypt does not have': [`ann:${HASH.slice(0, -1)}D`, /line 2: the bcrypt hash is damaged/],
  'a cost below bcrypt': [`ann:${HASH.replace('$04$', '$03$')}`, /line 2: .*cost is not 04 to 17/],
  'a cost of minutes': [`ann:${HASH.replace('$04$', '$18$')}`, /line 2: .*cost is not 04 to 17/],
} as const;
for (const [what, [line, message]] of Object.entries(PROBLEMS)) {
  test(`${what} is an error that names the line and keeps the hash to itself`, (t) => {
    const error = t.throws(() => parseHtpasswd(`# staff\n${line}\n`), { message });
    t.false(error.message.includes(HASH.slice(7)));
  });
}

test('a user who is there twice is an error that names both lines', (t) => {
  t.throws(() => parseHtpasswd(`${ANN.line}\n\n${EVE.line}\n${ANN.line}\n`), {
    message: /line 4: .*already in line 1/,
  });
});

test('every wrong line is named at once', (t) => {
  t.throws(() => parseHtpasswd(`x\n${ANN.line}\ny:z\n`), { message: /line 1: .*; line 3: / });
});

test('a file without users is an error', (t) => {
  t.throws(() => parseHtpasswd(''), { message: /no users/ });
  t.throws(() => parseHtpasswd('# nobody yet\n'), { message: /no users/ });
});
