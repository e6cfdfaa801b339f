import test from 'ava';
import { RepositoryRulePattern } from '../../../../plugins/authorization/repository-rule-pattern.ts';

test('a user whose name is too long for a pattern has no repository by it', (t) => {
  const pattern = new RepositoryRulePattern(Array.from({ length: 60 }, () => '${user}').join('/'));
  t.true(pattern.matches(Array.from({ length: 60 }, () => 'ann').join('/'), 'ann'));
  t.false(pattern.matches('a/b', 'a'.repeat(255)));
});

test('a pattern of more than 512 characters is refused', (t) => {
  t.throws(() => new RepositoryRulePattern('a'.repeat(513)), { message: /at most 512 characters/ });
});
