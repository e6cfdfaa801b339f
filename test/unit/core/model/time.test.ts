import test from 'ava';
import { parseTime } from '../../../../core/model/time.ts';

test('a time has an offset, and need not have seconds; a date begins in UTC', (t) => {
  const cases = {
    '2026-11-30': '2026-11-30T00:00:00.000Z',
    '2026-11-30T09:00Z': '2026-11-30T09:00:00.000Z',
    '2026-11-30t09:00:01z': '2026-11-30T09:00:01.000Z',
    '2026-11-30T09:00:01.5+01:00': '2026-11-30T08:00:01.500Z',
    '2026-11-30T23:59:59.123456789-05:30': '2026-12-01T05:29:59.123Z',
  };
  for (const [text, time] of Object.entries(cases)) t.is(parseTime(text)?.toISOString(), time, text);
});

test('whatever means another time on each machine, or none at all, is no time', (t) => {
  const texts = ['', 'now', '2026', '2026-11', '2026-13-01', '2026-11-30T25:00Z', '2026-11-30T09:00', '1764493200'];
  for (const text of [...texts, '2026-11-30 09:00Z', ' 2026-11-30', '2026-11-30Z', '+275760-09-13'])
    t.is(parseTime(text), undefined, text);
});
