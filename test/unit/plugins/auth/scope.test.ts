import test from 'ava';
import { formatScopes, parseScopes, ScopeError, scopesOf } from '../../../../plugins/auth/scope.ts';

const READ: Readonly<Record<string, readonly [string, string, readonly string[]]>> = {
  'repository:app:pull': ['repository', 'app', ['pull']],
  'repository:team/app:pull,push': ['repository', 'team/app', ['pull', 'push']],
  'repository:registry.example.com:5000/team/app:pull': ['repository', 'registry.example.com:5000/team/app', ['pull']],
  'repository(plugin):team/app:pull': ['repository', 'team/app', ['pull']],
  'registry:catalog:*': ['registry', 'catalog', ['*']],
  'repository:app:': ['repository', 'app', []],
  'repository:*:*': ['repository', '*', ['*']],
  'repository:app:pull,pull': ['repository', 'app', ['pull']],
};

for (const [text, [type, name, actions]] of Object.entries(READ)) {
  test(`the scope ${text} is read`, (t) => {
    t.deepEqual(parseScopes([text]), [{ type, name, actions }]);
  });
}

test('several scopes come in one text or in several, and those for one resource are merged', (t) => {
  const expected = [
    { type: 'repository', name: 'a', actions: ['pull', 'push'] },
    { type: 'repository', name: 'b', actions: ['pull'] },
  ];
  t.deepEqual(parseScopes(['repository:a:pull repository:b:pull  repository:a:push,pull']), expected);
  t.deepEqual(parseScopes(['repository:a:pull', 'repository:b:pull repository:a:push']), expected);
  t.deepEqual(parseScopes(['', ' ']), []);
});

const REFUSED = [
  'repository',
  'repository:app',
  ':app:pull',
  'repository::pull',
  'Repository:app:pull',
  'repository(:app:pull',
  'repository:app:PULL',
  'repository:app:pull;push',
  'repository:a\u0000b:pull',
  'repository:ä:pull',
  `repository:${'a'.repeat(513)}:pull`,
  `repository:a:${'pull,'.repeat(20)}pull`,
];

for (const text of REFUSED) {
  test(`${JSON.stringify(text.slice(0, 40))} is no scope`, (t) => {
    const error = t.throws(() => parseScopes([text]), { instanceOf: ScopeError });
    t.regex(error.message, /is not a scope; write repository:NAME:pull,push$/);
  });
}

test('more scopes than any client needs are refused', (t) => {
  const scopes = Array.from({ length: 101 }, (_, index) => `repository:r${index}:pull`);
  t.is(parseScopes(scopes.slice(1)).length, 100);
  t.throws(() => parseScopes(scopes), { instanceOf: ScopeError, message: 'more than 100 scopes' });
});

test('more actions on one resource than any client needs are refused, however many scopes name them', (t) => {
  const scopes = Array.from({ length: 21 }, (_, index) => `repository:app:${String.fromCharCode(97 + index)}`);
  t.is(parseScopes(scopes.slice(1))[0]?.actions.length, 20);
  const message = 'more than 20 actions on one resource';
  t.throws(() => parseScopes(scopes), { instanceOf: ScopeError, message });
  t.throws(() => parseScopes([scopes.join(' ')]), { instanceOf: ScopeError, message });
  t.notThrows(() => parseScopes(Array.from({ length: 1000 }, () => 'repository:app:pull,push')));
});

test('accesses become one scope a resource, in the form that is read again', (t) => {
  const scopes = scopesOf([
    { type: 'repository', name: 'a', action: 'pull' },
    { type: 'repository', name: 'a', action: 'push' },
    { type: 'repository', name: 'b', action: 'pull' },
  ]);
  t.is(formatScopes(scopes), 'repository:a:pull,push repository:b:pull');
  t.deepEqual(parseScopes([formatScopes(scopes)]), scopes);
});
