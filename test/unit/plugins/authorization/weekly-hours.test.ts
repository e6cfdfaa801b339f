import test from 'ava';
import { type Day, parseClock, WeeklyHours } from '../../../../plugins/authorization/weekly-hours.ts';

function includes(options: { days: readonly Day[]; from: string; to: string; zone?: string }, time: string): boolean {
  const [from, to] = [parseClock(options.from) ?? Number.NaN, parseClock(options.to) ?? Number.NaN];
  return new WeeklyHours({ zone: 'UTC', ...options, from, to }).includes(Date.parse(time));
}

test('a time over midnight belongs to the day on which it begins', (t) => {
  const night = { days: ['fri'], from: '22:00', to: '06:00' } as const;
  t.deepEqual(
    ['2026-01-02T21:59Z', '2026-01-02T22:00Z', '2026-01-03T05:59Z', '2026-01-03T06:00Z', '2026-01-02T05:00Z'].map(
      (time) => includes(night, time),
    ),
    [false, true, true, false, false],
  );
});

test('a whole day ends at 24:00, and a Sunday goes into Monday', (t) => {
  t.true(includes({ days: ['sun'], from: '00:00', to: '24:00' }, '2026-01-04T23:59:59Z'));
  t.false(includes({ days: ['sun'], from: '00:00', to: '24:00' }, '2026-01-05T00:00Z'));
  t.true(includes({ days: ['sun'], from: '23:00', to: '01:00' }, '2026-01-05T00:30Z'));
});

test('the zone has its own days and its own summer time', (t) => {
  const berlin = { days: ['mon'], from: '08:00', to: '09:00', zone: 'Europe/Berlin' } as const;
  t.true(includes(berlin, '2026-01-05T07:30Z'));
  t.true(includes(berlin, '2026-07-06T06:30Z'));
  t.true(includes({ days: ['tue'], from: '00:00', to: '06:00', zone: 'Asia/Tokyo' }, '2026-01-05T16:00Z'));
});

test('the calendar is asked once a minute, however many decisions there are', (t) => {
  const hours = new WeeklyHours({ days: ['mon'], from: 480, to: 481, zone: 'UTC' });
  const { prototype } = Intl.DateTimeFormat;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'formatToParts') ?? {};
  let asked = 0;
  const start = Date.parse('2026-01-05T07:59:00Z');
  prototype.formatToParts = (time) => {
    asked += 1;
    const date = new Date(Number(time));
    return [
      { type: 'weekday', value: 'Mon' },
      { type: 'hour', value: String(date.getUTCHours()) },
      { type: 'minute', value: String(date.getUTCMinutes()) },
    ];
  };
  try {
    const seconds = Array.from({ length: 180 }, (_, second) => hours.includes(start + second * 1000));
    t.deepEqual(
      seconds,
      seconds.map((_, second) => second >= 60 && second < 120),
    );
  } finally {
    Object.defineProperty(prototype, 'formatToParts', descriptor);
  }
  t.is(asked, 3);
});

test('a time of day has two digits of each, up to 24:00', (t) => {
  t.deepEqual(['00:00', '08:30', '23:59', '24:00'].map(parseClock), [0, 510, 1439, 1440]);
  for (const text of ['8:30', '24:01', '25:00', '12:60', '12', '', '12:00:00', '-1:00'])
    t.is(parseClock(text), undefined);
});

test('an unknown zone is refused', (t) => {
  t.throws(() => new WeeklyHours({ days: ['mon'], from: 0, to: 1, zone: 'Mars/Olympus' }), { instanceOf: RangeError });
});
