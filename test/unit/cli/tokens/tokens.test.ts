import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { clientCommands } from '../../../helpers/running/client-commands.ts';
import { ANN, BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const RULES = [
  { repositories: ['**'], users: ['ann'], allow: ['admin'] },
  { repositories: ['**'], authenticated: true, allow: ['overwrite'] },
];

/** A registry with ann, who administers it, and bob. */
async function withUsers(t: ExecutionContext) {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const commands = await clientCommands(t, { folder, auth, others: { authorization: { rules: RULES } } });
  const { host, registry, withInput } = commands;
  const as = (user: 'ann' | 'bob', ...args: readonly string[]) =>
    withInput(`${user === 'ann' ? ANN.password : BOB.password}\n`, 'token', ...args, '-u', user, '--password-stdin');
  const statusWith = async (user: string, password: string): Promise<number> =>
    (await registry.ask('GET', '/v2/', { headers: { Authorization: basic(user, password) } })).status;
  return {
    ...commands,
    as,
    statusWith,
    create: (name: string, ...more: string[]) => as('bob', 'create', host, name, ...more),
  };
}

test('token create prints the token alone, list shows all but its secret, and revoke ends it', async (t) => {
  const { host, as, create, statusWith } = await withUsers(t);
  const created = await create(
    'build server',
    '--expires',
    '30d',
    '--action',
    'push,delete',
    '--repository',
    'team/**',
  );
  t.is(created.code, 0, created.stderr);
  t.regex(created.stdout, /^stowage_pat_[0-9a-z]{16}_[0-9A-Za-z]{49}\n$/);
  t.regex(created.stderr, /^stowage: created the token [0-9a-z]{16} of bob; it expires at \d{4}-/);
  const token = created.stdout.trim();
  t.is(await statusWith('bob', token), 200);
  const id = token.slice(12, 28);
  const listed = await as('bob', 'list', host);
  t.is(listed.code, 0, listed.stderr);
  t.regex(listed.stdout, /^ID +USER +NAME +EXPIRES +LAST USED +LIMITS\n/);
  t.regex(
    listed.stdout,
    new RegExp(`\n${id} +bob +build server +\\d{4}-\\d\\d-\\d\\d +- +push,delete in team/\\*\\*\n$`),
  );
  t.false(listed.stdout.includes(token.slice(29)));
  const revoked = await as('bob', 'revoke', host, id);
  t.deepEqual([revoked.code, revoked.stdout], [0, `revoked the token ${id}\n`]);
  t.is(await statusWith('bob', token), 401);
  const again = await as('bob', 'revoke', host, id);
  t.is(again.code, 4);
  t.regex(again.stderr, /no such personal access token/);
  t.regex((await as('bob', 'list', host)).stderr, /there are no tokens/);
});

test('a whole token can be revoked, and only its id is sent', async (t) => {
  const { host, as, create, statusWith } = await withUsers(t);
  const token = (await create('ci')).stdout.trim();
  const { code, stdout } = await as('bob', 'revoke', host, token);
  t.deepEqual([code, stdout], [0, `revoked the token ${token.slice(12, 28)}\n`]);
  t.is(await statusWith('bob', token), 401);
});

test('with --json, programs get what the registry says', async (t) => {
  const { host, as, create } = await withUsers(t);
  const created = JSON.parse((await create('ci', '--expires', 'never', '--json')).stdout) as Record<string, string>;
  t.like(created, { name: 'ci', user: 'bob', expires: 'never' });
  const { tokens } = JSON.parse((await as('bob', 'list', host, '--json')).stdout) as { tokens: unknown[] };
  t.is(tokens.length, 1);
  t.like(tokens[0], { id: created['id'], name: 'ci' });
  const revoked = await as('bob', 'revoke', host, String(created['id']), '--json');
  t.deepEqual(JSON.parse(revoked.stdout), { registry: host, id: created['id'], revoked: true });
});

test('an administrator lists and revokes the tokens of others, and nobody else does', async (t) => {
  const { host, as, create, statusWith } = await withUsers(t);
  const token = (await create('ci')).stdout.trim();
  const id = token.slice(12, 28);
  await as('ann', 'create', host, 'own');
  t.regex((await as('ann', 'list', host, '--user', 'bob')).stdout, new RegExp(id));
  t.is((await as('ann', 'list', host, '--all-users')).stdout.split('\n').length, 4);
  for (const refused of [
    await as('bob', 'list', host, '--all-users'),
    await as('bob', 'list', host, '--user', 'ann'),
    await as('bob', 'revoke', host, id, '--user', 'ann'),
  ]) {
    t.is(refused.code, 5);
    t.regex(refused.stderr, /only an administrator of \*\* manages the tokens of other users/);
  }
  t.is((await as('ann', 'revoke', host, id, '--user', 'bob')).code, 0);
  t.is(await statusWith('bob', token), 401);
});

test('the stored log-in is used if it has a password, and a token that is stored there manages no tokens', async (t) => {
  const { host, home, stowage, withInput, create } = await withUsers(t);
  t.is((await withInput(`${BOB.password}\n`, 'login', host, '-u', 'bob', '--password-stdin')).code, 0);
  t.is((await stowage('token', 'list', host)).code, 0);
  const token = (await create('ci')).stdout.trim();
  t.is((await withInput(`${token}\n`, 'login', host, '-u', 'bob', '--password-stdin')).code, 0);
  const refused = await stowage('token', 'list', host);
  t.is(refused.code, 5);
  t.regex(refused.stderr, /tokens are managed with the password, not with a token/);
  // As docker stores a refresh token.
  await mkdir(join(home, '.docker'), { recursive: true });
  const auths = { [host]: { auth: Buffer.from('<token>:').toString('base64'), identitytoken: 'eyJ' } };
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths }));
  const asked = await stowage('token', 'list', host);
  t.is(asked.code, 2);
  t.regex(asked.stderr, /--username is missing/);
});

for (const [line, message] of [
  [['create', 'HOST'], /"token create" needs <name>/],
  [['create', 'HOST', ''], /the name of the token is empty/],
  [
    ['create', 'HOST', 'ci', '--expires', 'soon'],
    /--expires takes 30d, 12h, a time in the future or never, not "soon"/,
  ],
  [['create', 'HOST', 'ci', '--expires', '2020-01-01T00:00:00Z'], /--expires takes/],
  [['create', 'HOST', 'ci', '--action', 'pull,'], /--action has an empty item/],
  [['list', 'HOST', '--user', 'bob', '--all-users'], /give --user or --all-users, not both/],
  [['list', 'HOST', '--password-stdin'], /--username is missing/],
  [['revoke', 'HOST', 'stowage_pat_x'], /<id> must be the ID of a token/],
] as const) {
  test(`a mistake in the command line is explained: token ${JSON.stringify(line)}`, async (t) => {
    const { host, stowage } = await withUsers(t);
    const { code, stderr } = await stowage('token', ...line.map((word) => (word === 'HOST' ? host : word)));
    t.is(code, 2);
    t.regex(stderr, message);
  });
}

test('what the registry refuses is explained', async (t) => {
  const { create } = await withUsers(t);
  const { code, stderr } = await create('ci', '--action', 'fly');
  t.not(code, 0);
  t.regex(stderr, /actions\.0: must be one of list, pull, push, overwrite, delete/);
});
