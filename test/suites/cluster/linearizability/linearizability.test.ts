import test from 'ava';
import { Random } from '../../simulation/random.ts';
import { isLinearizable } from './check.ts';
import { History, type Operation, type Value } from './history.ts';
import { describeViolation, violationIn } from './violation.ts';

const NEVER = Number.POSITIVE_INFINITY;
const write = (value: Value, start: number, end: number): Operation => ({ kind: 'write', value, start, end });
const read = (value: Value, start: number, end: number): Operation => ({ kind: 'read', value, start, end });

const POSSIBLE: Readonly<Record<string, readonly Operation[]>> = {
  'nothing at all': [],
  'a read before the first write': [read(undefined, 0, 1), write('a', 2, 3)],
  'one after the other': [write('a', 0, 1), read('a', 2, 3), write('b', 4, 5), read('b', 6, 7)],
  'a write that is seen before its answer': [write('a', 0, 10), read('a', 1, 2), read('a', 3, 4)],
  'a write that is not yet seen before its answer': [write('a', 0, 10), read(undefined, 1, 2), read('a', 3, 4)],
  'two writes at once in either order': [write('a', 0, 9), write('b', 0, 9), read('b', 10, 11)],
  'two writes at once that are both seen': [write('a', 0, 9), write('b', 0, 9), read('b', 1, 2), read('a', 3, 11)],
  'an unknown write that never had an effect': [write('a', 0, 1), write('b', 2, NEVER), read('a', 8, 9)],
  'an unknown write that had its effect late': [
    ...[write('a', 0, 1), write('b', 2, NEVER), read('a', 3, 4), write('c', 5, 6), read('c', 7, 8), read('b', 9, 10)],
  ],
  'a deletion': [write('a', 0, 1), write(undefined, 2, 3), read(undefined, 4, 5), write('b', 6, 7), read('b', 8, 9)],
  'a deletion that was sent twice': [
    ...[write('a', 0, 1), write(undefined, 2, 20), write(undefined, 2, NEVER), read(undefined, 3, 4)],
    ...[write('b', 5, 6), read('b', 7, 8), read(undefined, 9, 10)],
  ],
  'a write that was sent twice': [
    ...[write('a', 0, 20), write('a', 0, NEVER), read('a', 1, 2), write('b', 3, 4), read('b', 5, 6), read('a', 21, 22)],
  ],
};

const IMPOSSIBLE: Readonly<Record<string, readonly Operation[]>> = {
  'a value that nobody wrote': [write('a', 0, 1), read('x', 2, 3)],
  'a stale read': [write('a', 0, 1), write('b', 2, 3), read('a', 4, 5)],
  'a lost write': [write('a', 0, 1), read(undefined, 2, 3)],
  'the value of another tag': [write('a', 0, 1), read('of another', 2, 3), read('a', 4, 5)],
  'two reads that disagree about the order': [
    ...[write('a', 0, 9), write('b', 0, 9), read('a', 10, 11), read('b', 12, 13), read('a', 14, 15)],
  ],
  'a write that is seen and then not': [write('a', 0, 10), read('a', 1, 2), read(undefined, 3, 4)],
  'a deletion that has its effect twice': [
    ...[write('a', 0, 1), write(undefined, 2, 20), read(undefined, 3, 4)],
    ...[write('b', 5, 6), read('b', 7, 8), read(undefined, 9, 10)],
  ],
  'a read from the future': [read('a', 0, 1), write('a', 2, 3)],
  'an unknown write that is seen before it began': [read('b', 0, 1), write('b', 2, NEVER)],
  'an unknown write that is seen, gone, and seen again': [
    ...[write('a', 0, 1), write('b', 2, NEVER), read('b', 3, 4), write('c', 5, 6), read('c', 7, 8), read('b', 9, 10)],
  ],
};

for (const [title, operations] of Object.entries(POSSIBLE)) {
  test(`is linearizable: ${title}`, (t) => {
    t.true(isLinearizable(operations));
    t.deepEqual(violationIn(operations), []);
  });
}

for (const [title, operations] of Object.entries(IMPOSSIBLE)) {
  test(`is not linearizable: ${title}`, (t) => {
    t.false(isLinearizable(operations));
    t.true(violationIn(operations).length > 0);
  });
}

/** What many clients see of a register whose every operation takes effect at one moment. */
function* atomicHistory(random: Random, count: number): Generator<Operation> {
  const clients = Array.from({ length: 6 }, () => 0);
  let value: Value;
  for (let moment = 1; moment <= count; moment += 1) {
    const client = random.below(clients.length);
    // Its operations do not overlap each other, and this one takes effect at this moment.
    const start = Math.max((clients[client] ?? 0) + 0.001, moment - random.below(8));
    const end = moment + random.next() * 0.5;
    clients[client] = end;
    if (random.chance(0.6)) {
      yield read(value, start, end);
      continue;
    }
    const isUnknown = random.chance(0.1);
    const written = `v${moment}`;
    if (!isUnknown || random.chance(0.5)) value = written;
    yield write(written, start, isUnknown ? NEVER : end);
  }
}

test('long histories of an atomic register are linearizable, and are not when one read is stale', (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let round = 0; round < 20; round += 1) {
    const operations = [...atomicHistory(random, 2000)];
    t.true(isLinearizable(operations), `round ${round}`);
    const old = operations.find(({ kind, end }) => kind === 'write' && Number.isFinite(end));
    const stale = [...operations, read(old?.value, 3000, 3001)];
    t.false(isLinearizable(stale), `round ${round}`);
  }
});

test('a violation is shown by the smallest set of operations', (t) => {
  const broken = [
    ...atomicHistory(new Random(7), 500),
    ...[write('x', 600, 601), write('y', 602, 603), read('x', 604, 605), read('y', 606, 607)],
  ];
  const violation = violationIn(broken);
  t.deepEqual(violation, [write('x', 600, 601), write('y', 602, 603), read('x', 604, 605)]);
  t.deepEqual(describeViolation(violation), [
    '0.0 to 1.0 ms: somebody writes x',
    '2.0 to 3.0 ms: somebody writes y',
    '4.0 to 5.0 ms: somebody reads x',
  ]);
});

test('a history records each answered operation, and each one without an answer as unknown', async (t) => {
  let clock = 0;
  const history = new History(() => clock++);
  await history.write('tag', { value: 'a', by: 'me' }, async () => ({ isAcknowledged: true, unanswered: 1 }));
  await history.read('tag', 'me', async () => ({ value: 'a' }));
  await history.read('tag', 'me', async () => undefined);
  await history.write('tag', { value: 'b', by: 'me' }, async () => ({ isAcknowledged: false, unanswered: 0 }));
  const found = { value: undefined };
  await history.write('tag', { value: undefined, by: 'me' }, async () => ({
    isAcknowledged: false,
    unanswered: 0,
    found,
  }));
  t.deepEqual(history.names, ['tag']);
  t.deepEqual(history.of('tag'), [
    { kind: 'write', value: 'a', start: 0, end: 1, by: 'me' },
    { kind: 'write', value: 'a', start: 0, end: NEVER, by: 'me' },
    { kind: 'read', value: 'a', start: 2, end: 3, by: 'me' },
    { kind: 'read', value: undefined, start: 7, end: 8, by: 'me' },
  ]);
});
