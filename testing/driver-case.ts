import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import {
  type BooleanCapability,
  type DriverCapabilities,
  DriverError,
  type DriverErrorCode,
  isStoragePath,
  parseStoragePath,
  type StorageDriver,
  type StoragePath,
} from '../core/driver/index.ts';
import type { GuaranteeName } from './guarantees.ts';

/** The groups of cases, in the order in which they run. `large` writes gigabytes and takes minutes. */
export const GROUPS = [
  'contract',
  'streams',
  'ordering',
  'visibility',
  'concurrency',
  'durability',
  'faults',
  'registry',
  'large',
] as const;
export type Group = (typeof GROUPS)[number];

/** How another process opens the store of a case. */
export interface ConfiguredStore {
  /** URL of the module whose default export is the driver's definition. */
  readonly module: string;
  /** As they stand in the configuration, not parsed yet. */
  readonly options: unknown;
  /** The folder to which relative paths in options refer. */
  readonly baseFolder: string;
}

/** What a case is given. */
export interface DriverCaseContext {
  /** On an empty store, behind the guard. */
  readonly driver: StorageDriver;
  /** The same driver without the guard, for cases about work that the guard would do in its place. */
  readonly unguarded: StorageDriver;
  /** Opens a second driver on the same store, behind the guard; `undefined` where that is not possible. */
  readonly reopen: (() => Promise<StorageDriver>) | undefined;
  /** For other processes; `undefined` where they cannot open the store. */
  readonly configured: ConfiguredStore | undefined;
}

/** A check of one guarantee of the contract. */
export interface DriverCase {
  /** A sentence. If distribution's suite has the case as well, its name there follows in brackets. */
  readonly title: string;
  readonly group: Group;
  /** The guarantee that is broken when it fails. */
  readonly proves: GuaranteeName;
  /** The capability that a driver must claim for the case to be demanded. */
  readonly claim?: BooleanCapability;
  /** The locality that a driver must claim for the case to be demanded. */
  readonly locality?: DriverCapabilities['locality'];
  /** The case is demanded only where the store can be opened a second time, or by another process. */
  readonly needs?: 'reopen' | 'configured';
  /** Rejects when the guarantee is broken. */
  readonly run: (context: DriverCaseContext) => Promise<void>;
}

export const KIB = 1024;
export const MIB = 1024 * KIB;
/** More bytes than any case reads into memory. */
const MAX_STREAM_BYTES = 256 * MIB;

/** A path, even one that the guard must refuse. */
export function at(path: string): StoragePath {
  return isStoragePath(path) ? parseStoragePath(path) : (path as StoragePath);
}

/** `size` bytes that are the same in every run and differ by `seed` (xorshift32, a word at a time). */
export function content(size: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, size);
}

/** Yields the chunks in order, like a request body. */
export async function* bodyOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

/** `bytes` in chunks of `chunkBytes`. */
export async function* chunked(bytes: Buffer, chunkBytes = 64 * KIB): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}

/** All bytes of a stream. */
export async function drain(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    assert.ok(bytes <= MAX_STREAM_BYTES, `a stream does not end: it has given ${bytes} bytes`);
  }
  return Buffer.concat(chunks);
}

/** The content of a file, from `start` up to `end`. */
export async function readAll(driver: StorageDriver, path: string, start?: number, end?: number): Promise<Buffer> {
  return drain(await driver.read(at(path), { start, end }));
}

/** Writes a file through a writer, commits and closes it. */
export async function writeStream(
  driver: StorageDriver,
  path: string,
  ...chunks: readonly Uint8Array[]
): Promise<void> {
  await using writer = await driver.openWriter(at(path), { append: false });
  await writer.append(bodyOf(...chunks));
  await writer.commit();
}

export async function names(driver: StorageDriver, folder: string, after?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of driver.list(at(folder), { after })) found.push(name);
  return found;
}

/** Compares names without printing thousands of them when they differ. */
export function assertNames(actual: readonly string[], expected: readonly string[], what = 'the list'): void {
  const index = expected.findIndex((name, position) => actual[position] !== name);
  if (index === -1 && actual.length === expected.length) return;
  const position = index === -1 ? expected.length : index;
  const [found, wanted] = [actual[position], expected[position]].map((name) =>
    name === undefined ? 'the end' : JSON.stringify(name),
  );
  assert.fail(
    `${what} has ${found} where ${wanted} must be, as entry ${position + 1} (it has ${actual.length} of ${expected.length})`,
  );
}

/**
 * Reads a file that is being replaced. Opening it must succeed; the stream may fail, because a driver need not keep replaced
 * content.
 * @returns its content, or `undefined` when the stream failed with a DriverError
 */
export async function readReplaced(
  driver: StorageDriver,
  path: string,
  start?: number,
  end?: number,
): Promise<Buffer | undefined> {
  const stream = await driver.read(at(path), { start, end });
  try {
    return await drain(stream);
  } catch (error) {
    if (DriverError.is(error)) return undefined;
    throw error;
  }
}

/** Compares bytes without printing megabytes when they differ. */
export function assertBytes(actual: Buffer, ...parts: readonly Buffer[]): void {
  const expected = Buffer.concat(parts);
  const sizes = `${actual.byteLength} bytes, expected ${expected.byteLength}`;
  assert.ok(actual.byteLength === expected.byteLength, `the content has ${sizes}`);
  const differing = actual.findIndex((byte, index) => byte !== expected[index]);
  assert.ok(differing === -1, `the content differs from byte ${differing} on`);
}

/** Asserts that `action` rejects with a DriverError of `code` that names the driver and the path. */
export async function assertFails(
  action: Promise<unknown>,
  code: DriverErrorCode,
  { driver, path }: { readonly driver: StorageDriver; readonly path: string },
): Promise<DriverError> {
  const place = `the call on ${JSON.stringify(path)} must fail with the DriverError "${code}"`;
  const error = await action.then(
    () => assert.fail(`${place}, and it did not fail`),
    (reason: unknown) => reason,
  );
  assert.ok(DriverError.is(error), `${place}, not with ${String(error)}`);
  assert.equal(error.code, code, `${place}, not with "${error.code}" (${error.message})`);
  assert.equal(error.driver, driver.name, `the error must name the driver, not ${String(error.driver)}`);
  assert.equal(error.path, path, `the error must name the path ${JSON.stringify(path)}, not ${String(error.path)}`);
  assert.ok(error.message.includes(driver.name), 'the message names the driver');
  return error;
}
