interface Line {
  readonly time: string;
  readonly job?: string;
  readonly msg: string;
}

/** Timers may fire a moment early. */
const TOLERANCE_MS = 50;

/**
 * The runs of any job that began before the previous one had ended and one interval had passed, in any process.
 * @param logs of all processes of a cluster, as JSON
 */
export function tooSoon(logs: readonly string[], intervalMs = 1_000): string[] {
  const lines = logs
    // The output of a live process may end in the middle of a line.
    .flatMap((text) => text.split('\n').slice(0, -1))
    .filter((text) => text.startsWith('{') && text.includes('"job":'))
    .map((text) => JSON.parse(text) as Line)
    .sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
  let endedAtMs = -Infinity;
  const found: string[] = [];
  for (const { time, msg } of lines) {
    const atMs = Date.parse(time);
    if (msg !== 'job started') endedAtMs = atMs;
    else {
      if (atMs - endedAtMs < intervalMs - TOLERANCE_MS) found.push(time);
      endedAtMs = Infinity;
    }
  }
  return found;
}
