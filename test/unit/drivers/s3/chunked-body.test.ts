import { createHash } from 'node:crypto';
import test from 'ava';
import { ChunkedBody } from '../../../../drivers/s3/chunked-body.ts';

const MIB = 2 ** 20;

test('a body is hashed in steps, between which others have their turn, whatever its chunks', async (t) => {
  const bytes = Buffer.alloc(8 * MIB, 'bytes');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const small = Array.from({ length: 32 }, (_, index) => bytes.subarray((index * MIB) / 4, ((index + 1) * MIB) / 4));
  for (const chunks of [[bytes], small]) {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const body = new ChunkedBody(chunks);
    t.is(await body.sha256(), sha256);
    isOver = true;
    t.true(turns >= 8, `${turns} turns`);
    t.is(body.bytes, 8 * MIB);
  }
});
