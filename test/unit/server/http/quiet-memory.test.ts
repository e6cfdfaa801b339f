import test, { type ExecutionContext } from 'ava';
import { QuietMemory } from '../../../../server/http/quiet-memory.ts';

function countCollections(t: ExecutionContext) {
  let collections = 0;
  const memory = new QuietMemory(async () => {
    collections += 1;
  });
  t.teardown(() => memory[Symbol.dispose]());
  return async (requests: number): Promise<number> => {
    for (let count = 0; count < requests; count += 1) memory.note();
    const before = collections;
    await memory.look();
    return collections - before;
  };
}

test('memory is collected once when hardly any requests come after many', async (t) => {
  const collectionsAfter = countCollections(t);
  for (const requests of [100, 10, 100]) t.is(await collectionsAfter(requests), 0);
  t.is(await collectionsAfter(9), 1);
  for (const requests of [0, 9, 0]) t.is(await collectionsAfter(requests), 0);
  t.is(await collectionsAfter(5_000), 0);
  t.is(await collectionsAfter(0), 1);
});

test('nothing is collected in a registry with little to do', async (t) => {
  const collectionsAfter = countCollections(t);
  for (let look = 0; look < 100; look += 1) t.is(await collectionsAfter(9), 0);
});
