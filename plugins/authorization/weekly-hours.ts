/** The days of a week, as in a policy. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** One of them. */
export type Day = (typeof DAYS)[number];

/** When a rule applies: on some days, from one time of day until another, exclusive. */
export interface WeeklyHoursOptions {
  readonly days: readonly Day[];
  /** Minutes since midnight. */
  readonly from: number;
  /** Minutes since midnight; at most 1440. If it is not after `from`, the period ends on the next day. */
  readonly to: number;
  /** The name of a time zone (IANA), such as `Europe/Berlin`. */
  readonly zone: string;
}

const MINUTES_OF_HOUR = 60;
const MS_OF_MINUTE = 60_000;
const CLOCK = /^([01]\d|2[0-4]):([0-5]\d)$/;
const LAST_MINUTE = 1440;

/** Minutes since midnight of a text such as `08:30`, up to `24:00`; `undefined` for anything else. */
export function parseClock(text: string): number | undefined {
  const [, hours, minutes] = CLOCK.exec(text) ?? [];
  const total = Number(hours) * MINUTES_OF_HOUR + Number(minutes);
  return total <= LAST_MINUTE ? total : undefined;
}

/** A recurring period of the week in a time zone, which follows the summer time of that zone. */
export class WeeklyHours {
  readonly #options: WeeklyHoursOptions;
  readonly #days: ReadonlySet<string>;
  readonly #format: Intl.DateTimeFormat;
  /** The last answer: every decision about a repository asks for that of this minute, and finding it out takes 3 µs. */
  #last: { readonly minute: number; readonly isIncluded: boolean } | undefined;

  /** @throws RangeError for an unknown time zone */
  constructor(options: WeeklyHoursOptions) {
    this.#options = options;
    this.#days = new Set(options.days);
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone: options.zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** Whether a time, in milliseconds since 1970, is included. Zones differ from UTC by whole minutes. */
  includes(nowMs: number): boolean {
    const minute = Math.floor(nowMs / MS_OF_MINUTE);
    if (this.#last?.minute !== minute) this.#last = { minute, isIncluded: this.#includes(nowMs) };
    return this.#last.isIncluded;
  }

  #includes(nowMs: number): boolean {
    const parts = Object.fromEntries(this.#format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
    const day = (parts['weekday'] ?? '').toLowerCase();
    const minutes = Number(parts['hour']) * MINUTES_OF_HOUR + Number(parts['minute']);
    const { from, to } = this.#options;
    if (from < to) return this.#days.has(day) && from <= minutes && minutes < to;
    return minutes >= from ? this.#days.has(day) : minutes < to && this.#days.has(dayBefore(day));
  }
}

function dayBefore(day: string): string {
  const index = DAYS.indexOf(day as Day);
  return DAYS[(index + DAYS.length - 1) % DAYS.length] ?? '';
}
