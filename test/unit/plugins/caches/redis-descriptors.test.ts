import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { RedisDescriptors } from '../../../../plugins/caches/redis-descriptors.ts';
import type { RedisConnection } from '../../../../plugins/coordination/redis/redis-connection.ts';
import { RedisError } from '../../../../plugins/coordination/redis/redis-error.ts';

test('a delete waits for one command that Redis does not answer, and is told in full when it does', async (t) => {
  const up: (() => void)[] = [];
  const told = Promise.withResolvers<void>();
  let [isSilent, asked] = [true, 0];
  const connection = {
    isUp: true,
    onUp: (listener: () => void) => void up.push(listener),
    run: async () => {
      asked += 1;
      if (isSilent) throw new RedisError('slow', 'no answer within 3000 ms');
      if (asked === 3) told.resolve();
      return 1;
    },
  };
  const descriptors = new RedisDescriptors(connection as unknown as RedisConnection);
  await descriptors.delete(parseRepositoryName('library/a'), digestOf(Buffer.from('layer')));
  t.is(asked, 1);
  isSilent = false;
  for (const listener of up) listener();
  await told.promise;
  t.is(asked, 3);
});
