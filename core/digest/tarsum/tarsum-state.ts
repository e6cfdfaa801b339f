import { BLOCK_BYTES } from './tar-header.ts';
import { MAX_SPECIAL_BYTES, type TarReaderState } from './tar-reader.ts';

/** The state of a tarsum, as JSON; sums and hashes are in base64. */
export interface TarsumState {
  readonly size: number;
  readonly problem: string | undefined;
  /** Absent after an error. */
  readonly reader: TarReaderState | undefined;
  readonly sums: string;
  readonly entry: { readonly name: string; readonly hash: string } | undefined;
}

/**
 * Parses a state, which any program may have written.
 * @throws TypeError when it is malformed
 */
export function parseTarsumState(bytes: Uint8Array): TarsumState {
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    throw new TypeError('these bytes are not a state of a tarsum', { cause });
  }
  if (!isTarsumState(state)) throw new TypeError('these bytes are not a state of a tarsum');
  return state;
}

function isTarsumState(value: unknown): value is TarsumState {
  if (!isObject(value)) return false;
  const { size, problem, reader, sums, entry } = value;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || typeof sums !== 'string') return false;
  if (entry !== undefined) {
    if (!isObject(entry) || typeof entry['name'] !== 'string' || typeof entry['hash'] !== 'string') return false;
  }
  return problem === undefined ? isTarReaderState(reader) : typeof problem === 'string' && reader === undefined;
}

/** Whether a reader can resume from this state. */
function isTarReaderState(value: unknown): value is TarReaderState {
  if (!isObject(value)) return false;
  const { phase, left, padding, collected, special, longName, longLink, records } = value;
  if (!isCount(left) || !isCount(padding) || padding >= BLOCK_BYTES) return false;
  if (typeof collected !== 'string' || typeof special !== 'string') return false;
  if (![longName, longLink].every((text) => text === undefined || typeof text === 'string')) return false;
  if (records !== undefined && !(Array.isArray(records) && records.every(isRecord))) return false;
  const bytes = Buffer.from(collected, 'base64').byteLength + left;
  if (phase === 'header' || phase === 'second-empty') return left > 0 && bytes === BLOCK_BYTES;
  if (phase === 'special') return left > 0 && bytes <= MAX_SPECIAL_BYTES;
  return collected === '' && (phase === 'end' || ((phase === 'body' || phase === 'padding') && left > 0));
}

function isRecord(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === 'string');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
