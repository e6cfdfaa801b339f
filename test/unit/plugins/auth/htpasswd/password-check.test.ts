import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { PasswordCheck } from '../../../../../plugins/auth/htpasswd/password-check.ts';
import { ANN, BOB, CYD, EVE } from './fixture-passwords.ts';

function hashOf({ line }: { line: string }): string {
  return line.slice(line.indexOf(':') + 1);
}

/** A check whose bcrypt is counted, and takes a turn of the event loop. */
function countedCheck(limits = {}) {
  const asked: string[] = [];
  const check = new PasswordCheck({
    ...limits,
    verify: async (password, hash) => {
      asked.push(`${Buffer.from(password).toString('utf8')} ${hash}`);
      await setImmediate();
      return Buffer.from(password).toString('utf8') === 'right';
    },
  });
  const matches = (password: string, hash: string) => check.matches(Buffer.from(password), hash);
  return { asked, matches };
}

for (const { line, password } of [ANN, BOB, CYD, EVE]) {
  test(`the password of ${line.slice(0, 3)} is right for the hash that Apache made, others are not`, async (t) => {
    const check = new PasswordCheck();
    const hash = hashOf({ line });
    t.true(await check.matches(Buffer.from(password), hash));
    for (const wrong of ['', `${password} `, password.slice(1), password.toUpperCase(), `${password}\0`]) {
      t.false(await check.matches(Buffer.from(wrong), hash), JSON.stringify(wrong));
    }
  });
}

test('equal simultaneous checks are done once', async (t) => {
  const { asked, matches } = countedCheck({ maxRunning: 1, maxWaiting: 1 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => matches('right', 'h')));
  t.true(answers.every(Boolean));
  t.is(asked.length, 1);
});

test('too many different checks at once are refused, and later ones are done', async (t) => {
  const { asked, matches } = countedCheck({ maxRunning: 2, maxWaiting: 3 });
  const answers = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => matches(`wrong ${index}`, 'h')));
  t.is(answers.filter(({ status }) => status === 'fulfilled').length, 5);
  t.is(asked.length, 5);
  t.true(await matches('right', 'h'));
});
