import test from 'ava';
import { matchingKeys } from '../../../../client/credentials/server-keys.ts';

const SPELLINGS: ReadonlyArray<readonly [key: string, host: string, matches: boolean]> = [
  ['quay.io', 'quay.io:443', true],
  ['quay.io:443', 'quay.io', true],
  ['quay.io', 'QUAY.io', true],
  ['Quay.IO', 'quay.io', true],
  ['https://quay.io:443/v2/', 'quay.io', true],
  ['https://quay.io/some/page', 'quay.io', true],
  ['quay.io:80', 'quay.io', true],
  ['quay.io:5000', 'quay.io', false],
  ['quay.io', 'quay.io:5000', false],
  ['quay.io.example.com', 'quay.io', false],
];

for (const [key, host, matches] of SPELLINGS) {
  test(`an entry for ${key} is ${matches ? '' : 'not '}one for ${host}`, (t) => {
    t.deepEqual(matchingKeys([key], host), matches ? [key] : []);
  });
}

test('an entry that is written as the host comes before one that is a URL or has another port', (t) => {
  const keys = ['https://quay.io', 'quay.io:443', 'quay.io', 'quay.io/team'];
  t.deepEqual(matchingKeys(keys, 'quay.io'), ['quay.io', 'https://quay.io', 'quay.io:443']);
  t.deepEqual(matchingKeys(keys, 'quay.io:443'), ['quay.io:443', 'quay.io', 'https://quay.io']);
  t.is(matchingKeys(keys, 'quay.io', 'team/app')[0], 'quay.io/team');
});
