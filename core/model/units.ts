/** Milliseconds in each unit of a Go duration. */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const DURATION = /^[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const AMOUNT_AND_UNIT = /(\d+(?:\.\d*)?|\.\d+)([a-zµμ]+)/gy;

/** Milliseconds in a duration as Go writes it (`1h30m`, `300ms`, `-1.5h`); `undefined` for anything else. */
export function parseDurationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.replace(/^[-+]/, '').matchAll(AMOUNT_AND_UNIT)) {
    ms += Number(amount) * (DURATION_UNITS[unit ?? ''] ?? Number.NaN);
  }
  return text.startsWith('-') ? -ms : ms;
}

/** Bytes in a size (`4MiB` = 4 · 1024², `4MB` = 4 · 1000², `4096`); `undefined` unless that is a whole number. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text);
  const bytes = Number(match?.[1]) * (SIZE_UNITS[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const SHOWN_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A number of bytes as docker writes it, in powers of 1000: `27.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be written as 1000.0.
  while (value >= 999.95 && unit < SHOWN_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${SHOWN_UNITS[unit]}`;
}
