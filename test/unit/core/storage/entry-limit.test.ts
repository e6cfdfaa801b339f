import test from 'ava';
import { LRUCache } from 'lru-cache';
import { entryLimit } from '../../../../core/storage/entry-limit.ts';

test('a cache with a limit keeps so many entries, and drops the least recently used one first', (t) => {
  const cache = new LRUCache<string, number>(entryLimit(2));
  cache.set('a', 1).set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  cache.set('c', 4);
  t.deepEqual([...cache.keys()].sort(), ['a', 'c']);
});
