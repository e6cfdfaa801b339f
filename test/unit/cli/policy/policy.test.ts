import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const CONFIGURATION = `version: 0.1
storage: {inmemory: {}}
auth: {silly: {realm: here, service: this}}
authorization:
  groups: {staff: [ann]}
  rules:
    - {name: public, repositories: ["public/**"], anonymous: true, authenticated: true, allow: [pull]}
    - {repositories: ["public/**"], groups: [staff], allow: [overwrite]}
    - name: office hours
      repositories: ["**"]
      groups: [contractors]
      deny: [push]
      hours: {days: [sat, sun]}
    - {repositories: ["ci/*"], groups: [contractors], allow: [push], networks: [10.0.0.0/8]}
`;

interface Commands {
  readonly explain: (...args: string[]) => Promise<{ code: number; text: string }>;
  readonly expect: (table: string) => Promise<{ code: number; text: string }>;
}

async function commands(t: ExecutionContext, configuration = CONFIGURATION): Promise<Commands> {
  const run = async (folder: string, args: readonly string[]) => {
    const { code, stdout, stderr } = await runInProcess(args);
    return { code: code ?? -1, text: (stdout + stderr).replaceAll(`${folder}/`, '') };
  };
  const folder = await folderWith(t, { 'config.yml': configuration });
  return {
    explain: (...args) => run(folder, ['policy', 'explain', join(folder, 'config.yml'), ...args]),
    expect: async (table) => {
      const tables = await folderWith(t, { 'table.yml': table, 'config.yml': configuration });
      return run(tables, ['policy', 'test', join(tables, 'table.yml'), join(tables, 'config.yml')]);
    },
  };
}

test('policy explain says what is decided, by which rule, and ends with 5 for a refusal', async (t) => {
  const { explain } = await commands(t);
  const pull = ['--repository', 'public/app', '--action', 'pull'];
  t.deepEqual(await explain(...pull), { code: 0, text: 'an anonymous client may pull public/app: public allows it\n' });
  t.deepEqual(await explain('--user', 'ann', '--repository', 'public/app', '--action', 'overwrite'), {
    code: 0,
    text: 'ann may overwrite public/app: rule 2 allows it\n',
  });
  t.deepEqual(await explain('--user', 'bob', '--repository', 'public/app', '--action', 'push'), {
    code: 5,
    text: 'bob may not push public/app: no rule for public/**, the closest pattern, allows it\n',
  });
  const contractor = ['--user', 'cyd', '--group', 'contractors', '--repository', 'ci/app', '--action', 'push'];
  const [monday, sunday] = ['2026-01-05T09:00:00Z', '2026-01-04T09:00:00Z'];
  t.is((await explain(...contractor, '--address', '10.1.1.1', '--at', monday)).code, 0);
  t.is((await explain(...contractor, '--address', '192.0.2.1', '--at', monday)).code, 5);
  const denied = await explain(...contractor, '--address', '10.1.1.1', '--at', sunday, '--json');
  t.deepEqual(JSON.parse(denied.text), {
    allowed: false,
    rule: 'office hours',
    reason: 'office hours denies it for **',
  });
});

const MISUSED: Readonly<Record<string, readonly [args: readonly string[], message: RegExp]>> = {
  'no repository': [['--action', 'pull'], /"policy explain" needs --repository/],
  'a name that no repository has': [['--repository', 'A', '--action', 'pull'], /no repository can have the name "A"/],
  'no action': [['--repository', 'a'], /--action must be one of list, pull, push, overwrite, delete, admin/],
  'an unknown action': [['--repository', 'a', '--action', 'fly'], /--action must be one of/],
  'an empty user': [['--repository', 'a', '--action', 'pull', '--user', ''], /--user is empty; leave it out/],
  'no address': [
    ['--repository', 'a', '--action', 'pull', '--address', 'x'],
    /--address must be an IP address, found "x"/,
  ],
  'no time': [['--repository', 'a', '--action', 'pull', '--at', 'noon'], /--at must be a time such as/],
};

for (const [what, [args, message]] of Object.entries(MISUSED)) {
  test(`policy explain with ${what} ends with 2 and says what to give`, async (t) => {
    const { code, text } = await (await commands(t)).explain(...args);
    t.is(code, 2);
    t.regex(text, message);
  });
}

test('a configuration without a policy is said to have none', async (t) => {
  const { explain } = await commands(t, 'version: 0.1\nstorage: {inmemory: {}}\n');
  const { code, text } = await explain('--repository', 'a', '--action', 'pull');
  t.is(code, 2);
  t.regex(text, /config\.yml has no section "authorization"/);
});

test('policy test counts what holds, and shows the line of what does not', async (t) => {
  const { expect } = await commands(t);
  const table = `expect:
  - {repository: public/app, action: pull, allowed: true, rule: public}
  - {user: ann, repository: public/app, action: [push, overwrite], allowed: true}
  - {user: cyd, groups: [contractors], repository: ci/app, action: push, address: 10.0.0.1, time: "2026-01-05T09:00:00Z", allowed: true}
`;
  t.deepEqual(await expect(table), { code: 0, text: '4 of 4 expectations hold\n' });
  const wrong = `${table}  - {repository: public/app, action: [pull, push], allowed: true}
  - {user: ann, repository: public/app, action: overwrite, allowed: true, rule: public}
`;
  t.deepEqual(await expect(wrong), {
    code: 1,
    text: [
      'table.yml:5: expected that an anonymous client may push public/app, but no rule for public/**, the closest pattern, allows it',
      'table.yml:6: expected that ann may overwrite public/app by public, but rule 2 allows it',
      '5 of 7 expectations hold\n',
    ].join('\n'),
  });
});

const BAD_TABLES: Readonly<Record<string, readonly [table: string, message: RegExp]>> = {
  'no list': ['a: 1\n', /table\.yml: it must have a list "expect"/],
  'an empty list': ['expect: []\n', /the list "expect" is empty, so that nothing would be tested/],
  'an unknown key': ['expect:\n  - {repo: a, action: pull, allowed: true}\n', /table\.yml:2: .*repo/],
  'no verdict': ['expect:\n  - {repository: a, action: pull}\n', /table\.yml:2: allowed: must be true or false/],
  'an unknown action': [
    'expect:\n  - {repository: a, action: fly, allowed: true}\n',
    /table\.yml:2: action: must be one or a list of list, pull/,
  ],
  'a wrong time': [
    'expect:\n  - {repository: a, action: pull, allowed: true, time: noon}\n',
    /table\.yml:2: time: must be a time/,
  ],
  'what is no YAML': ['expect: [\n', /table\.yml: /],
};

for (const [what, [table, message]] of Object.entries(BAD_TABLES)) {
  test(`policy test refuses a table with ${what}`, async (t) => {
    const { code, text } = await (await commands(t)).expect(table);
    t.is(code, 2);
    t.regex(text, message);
  });
}

test('policy test ends with 4 when the table does not exist', async (t) => {
  const folder = await folderWith(t, { 'config.yml': CONFIGURATION });
  const { code, stderr } = await runInProcess(['policy', 'test', join(folder, 'none.yml'), join(folder, 'config.yml')]);
  t.is(code, 4);
  t.regex(stderr, /none\.yml does not exist/);
});
