import test from 'ava';
import { newToken } from '../../../../plugins/auth/personal/token-format.ts';
import { withoutTokens } from '../../../../plugins/auth/without-tokens.ts';

const { id, text } = newToken();
const NAMED = `stowage_pat_${id}`;
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl-_';

for (const [what, line, shown] of [
  ['a personal access token as a name', `{"user":"${text}"}`, `{"user":"${NAMED}"}`],
  [
    'one in a path and a query',
    `DELETE /auth/tokens/${text}?token=${text}`,
    `DELETE /auth/tokens/${NAMED}?token=${NAMED}`,
  ],
  ['one that is cut off', `user=${text.slice(0, 40)}…`, `user=${NAMED}…`],
  ['one with more behind it', `${text}_x ${text}.`, `${NAMED} ${NAMED}.`],
  ['the id of one', `${NAMED} and ${id}`, `${NAMED} and ${id}`],
  ['a JSON Web Token', `{"user":"${JWT}"}`, '{"user":"eyJ…"}'],
  ['one that is cut off', `"${JWT.slice(0, 30)}…`, '"eyJ……'],
  ['one that is encrypted', `${JWT}.a.b ok`, 'eyJ… ok'],
  ['a name that looks a little like one', 'eyJ app/eyJ.x my-eyJa.b', 'eyJ app/eyJ.x my-eyJa.b'],
] as const) {
  test(`a line of a log shows no more than the id of a token: ${what}: ${line.length} characters`, (t) => {
    t.is(withoutTokens(line), shown);
  });
}
