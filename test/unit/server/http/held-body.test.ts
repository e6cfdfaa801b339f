import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import { BodyBudget, HeldBody } from '../../../../server/http/held-body.ts';

const KIB = 1024;

test('a body has the bytes that came, in one piece, in many and in single bytes, with or without a length', (t) => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
  for (const piece of [200_000, 20_000, 16_383, 700, 1]) {
    for (const announced of [0, 10, 200_000, 300_000]) {
      using body = new HeldBody(new BodyBudget(KIB * KIB), announced);
      for (let start = 0; start < bytes.byteLength; start += piece) body.add(bytes.subarray(start, start + piece));
      t.deepEqual(body.bytes, bytes);
      t.is(body.size, 200_000);
    }
  }
});

test('small and large pieces in turn stay in their order', (t) => {
  const pieces = [1, 20_000, 5, 5, 64 * KIB, 16 * KIB - 1, 16 * KIB, 3].map((size, index) => Buffer.alloc(size, index));
  using body = new HeldBody(new BodyBudget(KIB * KIB), 0);
  for (const piece of pieces) body.add(piece);
  t.deepEqual(body.bytes, Buffer.concat(pieces));
});

test('single bytes take at most twice the memory of what came', (t) => {
  const budget = new BodyBudget(64 * KIB * KIB);
  using body = new HeldBody(budget, 0);
  for (let count = 0; count < 100_000; count += 1) body.add(Buffer.of(count & 0xff));
  t.true(budget.usedBytes <= 200_000, String(budget.usedBytes));
});

test('a body with a length takes memory for what has come, and never more than its length', (t) => {
  const budget = new BodyBudget(64 * KIB * KIB);
  using body = new HeldBody(budget, 4 * KIB * KIB);
  t.is(budget.usedBytes, 0);
  body.add(Buffer.alloc(KIB));
  t.is(budget.usedBytes, KIB);
  for (let count = 1; count < 4 * KIB; count += 1) body.add(Buffer.alloc(KIB));
  t.is(budget.usedBytes, 4 * KIB * KIB);
});

test('a body beyond the budget is refused, and memory that others return can be used again', (t) => {
  const budget = new BodyBudget(4 * KIB * KIB);
  const first = new HeldBody(budget, 0);
  first.add(Buffer.alloc(3 * KIB * KIB));
  using second = new HeldBody(budget, 0);
  const error = t.throws(() => second.add(Buffer.alloc(KIB * KIB)), { instanceOf: RegistryError });
  t.is(error.code, 'UNAVAILABLE');
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  t.is(budget.usedBytes, 0);
  second.add(Buffer.alloc(KIB * KIB));
  t.is(second.size, KIB * KIB);
});

test('large bodies leave a quarter to small ones', (t) => {
  const budget = new BodyBudget(4 * KIB * KIB);
  using large = new HeldBody(budget, 0);
  large.add(Buffer.alloc(3 * KIB * KIB));
  using other = new HeldBody(budget, 0);
  t.throws(() => other.add(Buffer.alloc(65 * KIB)));
  using small = new HeldBody(budget, 0);
  small.add(Buffer.alloc(64 * KIB));
  t.is(small.size, 64 * KIB);
});

test('bytes that come after their memory was returned are not counted', (t) => {
  const budget = new BodyBudget(KIB * KIB);
  const body = new HeldBody(budget, 0);
  body.add(Buffer.from('early'));
  body[Symbol.dispose]();
  body.add(Buffer.from(' late'));
  t.is(budget.usedBytes, 0);
  t.is(body.bytes.toString(), 'early late');
});
