const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;
const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;

/** A number of bytes as docker writes it, in powers of 1000: `27.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be written as 1000.0.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** A time in seconds, with the two largest units that it has: `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < SECONDS_PER_MINUTE) return `${whole} s`;
  const minutes = Math.floor(whole / SECONDS_PER_MINUTE);
  if (minutes < MINUTES_PER_HOUR) return joined(`${minutes} min`, whole % SECONDS_PER_MINUTE, 's');
  return joined(`${Math.floor(minutes / MINUTES_PER_HOUR)} h`, minutes % MINUTES_PER_HOUR, 'min');
}

function joined(start: string, rest: number, unit: string): string {
  return rest === 0 ? start : `${start} ${rest} ${unit}`;
}
