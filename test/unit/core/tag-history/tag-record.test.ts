import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import {
  completed,
  createRecordId,
  formatRecord,
  parseRecordedCall,
  parseRecordId,
} from '../../../../core/tag-history/tag-record.ts';

const [ONE, OTHER] = [digestOf(Buffer.from('one')), digestOf(Buffer.from('other'))];
const LONG = digestOf(Buffer.from('one'), 'sha512');
const AT_MS = Date.UTC(2026, 10, 30, 9, 5, 7, 42);
const TAG = parseTag('v1');
const PROCESS = 'c0ffee00';

test('the name of a record says when a tag was moved, from where and to where', (t) => {
  for (const move of [
    { from: undefined, to: ONE },
    { from: ONE, to: OTHER },
    { from: OTHER, to: undefined },
  ]) {
    const id = createRecordId(move, { atMs: AT_MS, process: PROCESS });
    t.deepEqual(parseRecordId(id), { id, atMs: AT_MS, process: PROCESS, ...move, isShort: false });
    t.regex(id, /^20261130T090507042Z-/);
  }
});

test('names are unique, in the order of their times, and no longer than file names may be', (t) => {
  const moves = [
    { from: ONE, to: OTHER },
    { from: LONG, to: LONG },
  ];
  const times = [0, AT_MS, AT_MS + 1, AT_MS + 1000, Date.UTC(2999, 0)];
  for (const move of moves) {
    const ids = times.map((time) => createRecordId(move, { atMs: time, process: PROCESS }));
    t.deepEqual(ids.toSorted(), ids);
    t.true(ids.every((id) => id.length <= 255 && /^[A-Za-z0-9._-]+$/.test(id)));
    t.not(ids[1], createRecordId(move, { atMs: AT_MS, process: 'c0ffee01' }));
  }
});

test('digests that are too long for a name are read from the file', (t) => {
  const move = { tag: TAG, from: LONG, to: undefined };
  const short = parseRecordId(createRecordId({ from: LONG, to: LONG }, { atMs: AT_MS, process: PROCESS }));
  t.like(short, { from: undefined, to: undefined, isShort: true });
  if (short === undefined) return;
  const content: unknown = JSON.parse(JSON.stringify(formatRecord(move, {})));
  t.like(completed(short, content), { atMs: AT_MS, from: LONG, to: undefined, isShort: false });
  t.like(completed(short, undefined), { from: undefined, to: undefined });
});

test('what is no record is ignored, and a torn one names nobody', (t) => {
  const [id] = [createRecordId({ from: ONE, to: OTHER }, { atMs: AT_MS, process: PROCESS })];
  for (const other of ['', 'x', `${id}.tmp`, id.replace('Z', ''), id.replace('sha256', 'sha999'), id.slice(0, -1)])
    t.is(parseRecordId(other), undefined, other);
  for (const value of [undefined, null, 1, [], {}, { by: 'ann' }, { by: { kind: 'god', name: 'ann' } }, { by: {} }])
    t.deepEqual(parseRecordedCall(value), {});
});

test('a record says who has moved the tag: a user, a job or a command', (t) => {
  const said = (call: Parameters<typeof formatRecord>[1]): unknown =>
    parseRecordedCall(JSON.parse(JSON.stringify(formatRecord({ tag: TAG, from: ONE, to: OTHER }, call))));
  t.deepEqual(said({ actor: { name: 'ann', groups: ['team'] }, requestId: '7' }), {
    by: { kind: 'user', name: 'ann' },
    requestId: '7',
  });
  t.deepEqual(said({ actor: { name: 'retention', kind: 'job' } }), { by: { kind: 'job', name: 'retention' } });
  t.deepEqual(said({ requestId: '8' }), { requestId: '8' });
});
