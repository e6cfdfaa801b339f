import { z } from 'zod';
import { parseRepositoryName, parseUploadId } from '../../core/model/reference.ts';
import type { UploadState } from '../../core/model/upload-state.ts';

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/i;

/** Formats the state as distribution does: the same keys in the same order, without spaces. */
export function formatUploadState({ name, uuid, offset, startedAt, algorithm }: UploadState): string {
  // distribution ignores unknown keys; JSON omits one without a value.
  return JSON.stringify({
    Name: name,
    UUID: uuid,
    Offset: offset,
    StartedAt: formatTime(startedAt),
    Algorithm: algorithm,
  });
}

// Go writes a fraction without trailing zeros, and omits it when it is zero.
function formatTime(time: Date): string {
  return time.toISOString().replace(/\.?0{0,3}Z$/, 'Z');
}

const StateJson = z.object({
  Name: z.string().transform(parseRepositoryName),
  UUID: z.string().transform(parseUploadId),
  Offset: z.int().min(0),
  StartedAt: z.string().regex(RFC_3339).transform(parseTime),
  Algorithm: z.string().optional(),
});

/**
 * Parses what any version of distribution writes: keys in any order, unknown keys, times with nanoseconds and offsets.
 * @throws Error when the text is not JSON, or a field is missing or wrong
 */
export function parseUploadState(json: string): UploadState {
  const { Name, UUID, Offset, StartedAt, Algorithm } = StateJson.parse(JSON.parse(json));
  const state = { name: Name, uuid: UUID, offset: Offset, startedAt: StartedAt };
  return Algorithm === undefined ? state : { ...state, algorithm: Algorithm };
}

function parseTime(text: string): Date {
  const [, date, time, fraction = '', zone] = RFC_3339.exec(text) ?? [];
  const parsed = new Date(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone?.toUpperCase()}`);
  if (Number.isNaN(parsed.getTime())) throw new RangeError(`${text} is not a time`);
  return parsed;
}
