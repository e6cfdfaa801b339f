import { verify } from '@node-rs/bcrypt';
import test from 'ava';
import { costOf, dummyHash, parseHtpasswd } from '../../../../../plugins/auth/htpasswd/parse-htpasswd.ts';
import { ANN, BOB, EVE } from './fixture-passwords.ts';

function hashOf({ line }: { line: string }): string {
  return line.slice(line.indexOf(':') + 1);
}

test('comments, blank lines, carriage returns and a byte order mark are skipped', (t) => {
  const { hashes } = parseHtpasswd(`\uFEFF# staff\r\n\r\n  ${ANN.line}  \r\n\t# more\n\n${EVE.line}`);
  t.deepEqual(
    [...hashes],
    [
      ['ann', hashOf(ANN)],
      ['eve', hashOf(EVE)],
    ],
  );
});

for (const prefix of ['$2$', '$2a$', '$2b$', '$2y$']) {
  test(`a hash that begins with ${prefix} is bcrypt`, (t) => {
    const { hashes, highestCost } = parseHtpasswd(ANN.line.replace('$2y$', () => prefix));
    t.is(hashes.get('ann')?.slice(0, prefix.length), prefix);
    t.is(highestCost, 4);
  });
}

test('the highest cost is that of the costliest hash, and no password is right for a dummy hash', async (t) => {
  const { hashes, highestCost } = parseHtpasswd(`${ANN.line}\n${EVE.line}\n${BOB.line}\n`);
  t.deepEqual([...hashes.values()].map(costOf), [4, 5, 4]);
  t.is(highestCost, 5);
  const dummy = dummyHash(5, 'mallory');
  t.is(costOf(dummy), 5);
  t.is(parseHtpasswd(`mallory:${dummy}`).hashes.get('mallory'), dummy);
  for (const password of ['', 'swordfish', dummy]) t.false(await verify(password, dummy));
  t.is(parseHtpasswd(ANN.line).highestCost, 4);
});

const HASH = hashOf(ANN);
const PROBLEMS = {
  'no colon': ['bob', /^line 2: it is not user:hash, as htpasswd -B writes it$/],
  'no user': [`:${HASH}`, /^line 2: the user is empty$/],
  'no hash': ['bob:', /^line 2: the hash is not bcrypt; create it with htpasswd -B \(user "bob"\)$/],
  'a password in clear': ['bob:secret', /^line 2: the hash is not bcrypt.*\(user "bob"\)$/],
  'Apache MD5': ['bob:$apr1$a6OwiOyX$SuxxDAk.sIGjofZB5XWfi.', /^line 2: the hash is not bcrypt.*"bob"/],
  'SHA-1': ['bob:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=', /^line 2: the hash is not bcrypt.*"bob"/],
  'crypt(3)': ['bob:ab.K9xbOSuxxM', /^line 2: the hash is not bcrypt.*"bob"/],
  'SHA-512': ['bob:$6$saltsalt$SuxxDAksIGjofZB5XWfi', /^line 2: the hash is not bcrypt.*"bob"/],
  'the broken variant 2x': [`bob:${HASH.replace('2y', '2x')}`, /^line 2: the hash is not bcrypt/],
  'a hash cut short': [`bob:${HASH.slice(0, -1)}`, /^line 2: the bcrypt hash is damaged.*"bob"/],
  'a hash with a tail': [`bob:${HASH}:x`, /^line 2: the bcrypt hash is damaged/],
  'bits that bcrypt does not have': [`bob:${HASH.slice(0, -1)}D`, /^line 2: the bcrypt hash is damaged/],
  'a cost below bcrypt': [`bob:${HASH.replace('$04$', '$03$')}`, /^line 2: .*cost is not 04 to 17.*"bob"/],
  'a cost of minutes': [`bob:${HASH.replace('$04$', '$18$')}`, /^line 2: .*cost is not 04 to 17/],
  'a cost of days': [`bob:${HASH.replace('$04$', '$31$')}`, /^line 2: .*cost is not 04 to 17/],
  'a user who is not UTF-8': [`b\uFFFDb:${HASH}`, /^line 2: the user is not UTF-8$/],
  'zero bytes, as in UTF-16': [[...`bob:${HASH}`].join('\0'), /^line 2: the line contains zero bytes; .*UTF-8$/],
} as const;
for (const [what, [line, message]] of Object.entries(PROBLEMS)) {
  test(`${what} disables only the user of the line, which is named`, (t) => {
    const { hashes, problems } = parseHtpasswd(`${ANN.line}\n${line}\n${EVE.line}\n`);
    t.deepEqual([...hashes.keys()], ['ann', 'eve']);
    t.is(problems.length, 1);
    t.regex(String(problems[0]), message);
    t.notRegex(String(problems[0]), /secret|SHA\}|apr1|Suxx/);
    t.false(String(problems[0]).includes(HASH.slice(7)));
  });
}

for (const user of [HASH, '{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=', 'x'.repeat(65), 'a b', 'a\u001Bb', '"']) {
  test(`text in place of a user that may be a secret is not repeated: ${JSON.stringify(user.slice(0, 12))}`, (t) => {
    t.deepEqual(parseHtpasswd(`${user}:ann`).problems, ['line 1: the hash is not bcrypt; create it with htpasswd -B']);
  });
}

const DOUBLED = {
  'two right lines': [`${ANN.line}\n\n${EVE.line}\n${ANN.line}\n`, [4]],
  'a wrong line before the right one': [`ann:x\n${EVE.line}\n${ANN.line}\n`, [1, 3]],
  'a wrong line after the right one': [`${ANN.line}\n${EVE.line}\nann:x\n`, [3]],
  'three lines': [`${ANN.line}\n${ANN.line}\n${EVE.line}\n${ANN.line}\n`, [2, 4]],
} as const;
for (const [what, [text, lines]] of Object.entries(DOUBLED)) {
  test(`a user with ${what} is disabled, and every line after the first names it`, (t) => {
    const { hashes, problems } = parseHtpasswd(text);
    t.deepEqual([...hashes.keys()], ['eve']);
    t.deepEqual(
      problems.map((problem) => Number(/^line (\d+): .*\(user "ann"\)$/.exec(problem)?.[1])),
      [...lines],
    );
    t.regex(String(problems.at(-1)), /line 1 has the same user/);
  });
}

test('every wrong line is named at once, up to twenty, and the others are counted', (t) => {
  t.is(parseHtpasswd(`x\n${ANN.line}\ny:z\n`).problems.length, 2);
  const { hashes, problems } = parseHtpasswd(`${'x\n'.repeat(100_000)}${ANN.line}`);
  t.is(problems.length, 21);
  t.is(problems.at(-1), '99980 more lines are wrong');
  t.deepEqual([...hashes.keys()], ['ann']);
});

test('a file without users has neither users nor problems', (t) => {
  for (const text of ['', '\n\n', '# nobody yet\n']) {
    const { hashes, problems } = parseHtpasswd(text);
    t.is(hashes.size, 0);
    t.deepEqual(problems, []);
  }
});
