import test from 'ava';
import type { Restored } from '../../../../core/admin/trash-administration.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { AuditFacts } from '../../../../server/http/audit-facts.ts';

test('what comes back is recorded at once with what its tag named before, and nothing of it is held', (t) => {
  const [one, other] = [digestOf(Buffer.from('one')), digestOf(Buffer.from('other'))];
  const recorded: (readonly unknown[])[] = [];
  const facts: AuditFacts = new AuditFacts(({ tag, digest }: Restored) => {
    recorded.push([tag, digest, tag && facts.tags.get(tag)]);
  });
  t.false(facts.hasRestored);
  for (let each = 0; each < 1_000; each += 1) {
    const tag = parseTag(`v${each}`);
    facts.tags.set(tag, other);
    facts.noteRestored({ tag, digest: one });
    t.deepEqual(recorded.pop(), [tag, one, other]);
  }
  t.is(facts.tags.size, 0);
  t.true(facts.hasRestored);
});
