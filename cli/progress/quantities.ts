const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;

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
