import test from 'ava';
import {
  newSecret,
  secret,
  secretAnswer,
  secretHeader,
  secretOf,
  secretsFoundIn,
} from '../../helpers/secrets/known-secrets.ts';
import { checkForSecrets, SecretLeakError, WatchedOutput } from '../../helpers/secrets/watched-output.ts';

const isFound = (text: string): boolean => secretsFoundIn(`before ${text} after`).length > 0;

test('a secret is found in every form in which it travels', (t) => {
  const password = secretOf('ann', `${Math.random()} b/c+"quoted"`);
  t.true(isFound(password));
  t.true(isFound(encodeURIComponent(password)));
  t.true(isFound(new URLSearchParams({ password }).toString()));
  t.true(isFound(JSON.stringify({ password })));
  t.true(isFound(Buffer.from(password).toString('base64')));
  t.true(isFound(Buffer.from(`ann:${password}`).toString('base64')));
  t.false(isFound(password.slice(0, -1)));
});

test('credentials of headers and tokens of answers are secrets', (t) => {
  const [password, token, refresh] = [
    `${Math.random()} password`,
    `${Math.random()}-token`,
    `${Math.random()}-refresh`,
  ];
  secretHeader(`Basic ${Buffer.from(`bob:${password}`).toString('base64')}`);
  secretHeader(`Bearer ${token}`);
  secretHeader('Scope repository:app:pull');
  secretAnswer(JSON.stringify({ token: refresh, access_token: token, refresh_token: refresh }));
  for (const each of [password, token, refresh]) t.true(isFound(each), each);
  t.false(isFound('repository:app:pull'));
});

test('a short word, or one that messages contain, is no secret', (t) => {
  t.is(secret('ann'), 'ann');
  secret('password');
  t.false(isFound('ann'));
  t.false(isFound('wrong password'));
});

test('an output with a secret fails, even if the secret was used after it was written', (t) => {
  const output = new WatchedOutput('a log');
  const text = `${Math.random()} is used later`;
  output.add(`line with ${text}\n`);
  secret(text);
  const error = t.throws(() => output.check(), { instanceOf: SecretLeakError });
  t.regex(error.message, /^a log contains the secret ".* is used later": …line with/);
  t.notThrows(() => checkForSecrets('another log', 'nothing'));
});

test('a megabyte is searched for a thousand secrets in less than a second of processor time', (t) => {
  for (let index = 0; index < 1000; index++) newSecret(`secret ${index}`);
  const text = 'a line of a log with some words\n'.repeat(32_768);
  const before = process.cpuUsage();
  t.deepEqual(secretsFoundIn(text), []);
  const { user, system } = process.cpuUsage(before);
  t.true(user + system < 1_000_000, `${(user + system) / 1000} ms`);
});
