import test, { type ExecutionContext } from 'ava';
import { QuietMemory } from '../../../../server/http/quiet-memory.ts';

/** The collections of a registry that has given back the memory of its start. */
async function countCollections(t: ExecutionContext) {
  const look = countFromStart(t);
  t.is(await look(0), 1);
  return look;
}

function countFromStart(t: ExecutionContext) {
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
  const collectionsAfter = await countCollections(t);
  for (const requests of [100, 10, 100]) t.is(await collectionsAfter(requests), 0);
  t.is(await collectionsAfter(9), 1);
  for (const requests of [0, 9, 0]) t.is(await collectionsAfter(requests), 0);
  t.is(await collectionsAfter(5_000), 0);
  t.is(await collectionsAfter(0), 1);
});

test('nothing is collected in a registry with little to do', async (t) => {
  const collectionsAfter = await countCollections(t);
  for (let look = 0; look < 100; look += 1) t.is(await collectionsAfter(9), 0);
});

test('the memory of the start is collected once it is quiet', async (t) => {
  const collectionsAfter = countFromStart(t);
  t.is(await collectionsAfter(10), 0);
  t.is(await collectionsAfter(9), 1);
  t.is(await collectionsAfter(0), 0);
});
