import { Readable } from 'node:stream';
import {
  DriverError,
  type DriverErrorCode,
  type DriverWriter,
  parseStoragePath,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';

/** A path inside the root. */
export const PATH = parseStoragePath('/a/b');
/** A path that the guard must reject. */
export const OUTSIDE = '/../etc/passwd' as StoragePath;

/** A driver that counts its calls and runs the code of the test. */
export function stubDriver(methods: Partial<StorageDriver> = {}): StorageDriver & { readonly calls: string[] } {
  const calls: string[] = [];
  const stub: StorageDriver = {
    name: 'stub',
    capabilities: {
      locality: 'local',
      persistent: false,
      shared: false,
      atomicMove: true,
      strongListing: true,
      hidesUncommitted: true,
      exclusiveWriters: false,
      redirect: false,
      minAppendBytes: 0,
    },
    stat: async () => undefined,
    read: async () => Readable.from([Buffer.from('x')]),
    write: async () => undefined,
    openWriter: async () => stubWriter(),
    async *list() {
      yield { name: 'b', isFolder: false };
      yield { name: 'not a path', isFolder: false };
      yield { name: 'c', isFolder: false };
    },
    move: async () => undefined,
    delete: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...methods,
  };
  const counted = new Proxy(stub, {
    get: (target, key) => {
      if (typeof key === 'string' && typeof Reflect.get(target, key) === 'function') calls.push(key);
      return Reflect.get(target, key) as unknown;
    },
  });
  return Object.assign(counted, { calls });
}

/** A writer that accepts every byte and runs the code of the test. */
export function stubWriter(methods: Partial<DriverWriter> = {}): DriverWriter {
  return {
    size: 0,
    append: async (body) => {
      for await (const _ of body) void _;
    },
    commit: async () => undefined,
    cancel: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...methods,
  };
}

/** The names of a list. */
export async function drainList(list: AsyncIterable<{ readonly name: string }>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of list) names.push(name);
  return names;
}

/** The code of a DriverError. */
export function codeOf(error: unknown): DriverErrorCode | undefined {
  return DriverError.is(error) ? error.code : undefined;
}
