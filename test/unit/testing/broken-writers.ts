import {
  DriverError,
  type DriverWriter,
  type StorageDriver,
  type StoragePath,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { bodyOf } from '../../../testing/driver-case.ts';
import type { GuaranteeName } from '../../../testing/guarantees.ts';

/** The faults of a writer; `inner` is a correct one. */
interface Change {
  readonly open?: (place: Place, options: WriterOptions) => Promise<DriverWriter>;
  readonly size?: (inner: DriverWriter) => number;
  readonly append?: (inner: DriverWriter, body: AsyncIterable<Uint8Array>, place: Place) => Promise<void>;
  readonly tookOver?: (inner: DriverWriter) => boolean | undefined;
  readonly commit?: (inner: DriverWriter, to: StoragePath | undefined, place: Place) => Promise<void>;
  readonly cancel?: (inner: DriverWriter, place: Place) => Promise<void>;
  readonly dispose?: (inner: DriverWriter, place: Place) => Promise<void>;
}

interface Place {
  readonly driver: MemoryDriver;
  readonly path: StoragePath;
  /** The correct behaviour. */
  readonly openWriter: (options: WriterOptions) => Promise<DriverWriter>;
}

/** The memory driver whose writers are changed. */
function writing(change: Change): new () => StorageDriver {
  return class extends MemoryDriver {
    override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
      const openWriter = (wanted: WriterOptions): Promise<DriverWriter> => super.openWriter(path, wanted);
      const place: Place = { driver: this, path, openWriter };
      const inner = await (change.open?.(place, options) ?? openWriter(options));
      return {
        get size() {
          return change.size?.(inner) ?? inner.size;
        },
        append: (body) => change.append?.(inner, body, place) ?? inner.append(body),
        get tookOver() {
          return change.tookOver === undefined ? inner.tookOver : change.tookOver(inner);
        },
        commit: (to) => change.commit?.(inner, to, place) ?? inner.commit(to),
        cancel: () => change.cancel?.(inner, place) ?? inner.cancel(),
        [Symbol.asyncDispose]: async () => (change.dispose ?? disposeOf)(inner, place),
      };
    }
  };
}

async function disposeOf(inner: DriverWriter): Promise<void> {
  await inner[Symbol.asyncDispose]();
}

/** This writer succeeds, whatever another one does. */
function regardless(end: () => Promise<void>): Promise<void> {
  return end().catch((error: unknown) => {
    if (!DriverError.is(error, 'conflict')) throw error;
  });
}

async function* without(body: AsyncIterable<Uint8Array>, lastBytes: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield chunk.subarray(0, Math.max(0, chunk.byteLength - lastBytes));
}

/** Reads the whole `body` before it keeps anything; bytes before a failure are lost, though `size` counts them. */
async function takeAll(inner: DriverWriter, body: AsyncIterable<Uint8Array>): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  await inner.append(bodyOf(...chunks));
}

let last: DriverWriter | undefined;

/** Drivers whose writers break one guarantee each. */
export const BROKEN_WRITERS: readonly (readonly [
  what: string,
  breaks: GuaranteeName,
  driver: new () => StorageDriver,
])[] = [
  [
    'shows uncommitted bytes',
    'hidesUncommitted',
    writing({
      append: async (inner, body, { driver, path }) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        await driver.write(path, Buffer.concat(chunks));
        await inner.append(bodyOf(...chunks));
      },
    }),
  ],
  [
    'drops what was there before',
    'staysUntilCommit',
    writing({
      open: async ({ driver, path, openWriter }, options) => {
        await driver.delete(path).catch(() => undefined);
        return openWriter(options);
      },
    }),
  ],
  [
    'resumes where nothing is',
    'resumeMissing',
    writing({
      open: ({ openWriter }, options) => openWriter(options).catch(() => openWriter({ append: false })),
    }),
  ],
  [
    'never starts over',
    'startOver',
    writing({
      open: ({ openWriter }, options) => openWriter({ append: true }).catch(() => openWriter(options)),
    }),
  ],
  ['always starts over', 'resume', writing({ open: ({ openWriter }) => openWriter({ append: false }) })],
  ['drops the bytes of a closed writer', 'keepsBytes', writing({ dispose: (inner) => inner.cancel() })],
  ['loses bytes', 'append', writing({ append: (inner, body) => inner.append(without(body, 1)) })],
  ['reports more bytes than it kept', 'appendPrefix', writing({ size: (inner) => inner.size + 1 })],
  ['loses what came before a failure', 'appendPrefix', writing({ append: takeAll, size: () => 100_000 })],
  [
    'deletes the earlier content when it is cancelled',
    'staysUntilCommit',
    writing({
      cancel: async (inner, { driver, path }) => {
        await inner.cancel();
        await driver.delete(path).catch(() => undefined);
      },
    }),
  ],
  [
    'keeps bytes to resume after a commit',
    'resumeMissing',
    writing({
      commit: async (inner, to, { openWriter }) => {
        await inner.commit(to);
        const next = await openWriter({ append: false });
        await next.append(bodyOf(Buffer.alloc(1)));
        await next[Symbol.asyncDispose]();
      },
    }),
  ],
  ['commits nothing', 'commit', writing({ commit: async () => undefined })],
  [
    'lets an excluded writer end',
    'exclusiveWriters',
    writing({
      commit: (inner, to) => regardless(() => inner.commit(to)),
      cancel: (inner) => regardless(() => inner.cancel()),
      dispose: (inner) => regardless(() => disposeOf(inner)),
    }),
  ],
  ['hides that it took over', 'tookOver', writing({ tookOver: () => undefined })],
  ['keeps all bytes', 'upTo', writing({ open: ({ openWriter }, { append }) => openWriter({ append }) })],
  [
    'drops what was closed',
    'neverLess',
    writing({ open: ({ openWriter }, { append, upTo }) => openWriter({ append, ...(upTo && { upTo: Infinity }) }) }),
  ],
  ['commits under its own path', 'commitElsewhere', writing({ commit: (inner) => inner.commit() })],
  ['cancels nothing', 'cancel', writing({ cancel: async () => undefined })],
  [
    'mixes writers',
    'concurrent',
    writing({
      open: async ({ openWriter }, options) => (last = await openWriter(options)),
      append: async (inner, body) => {
        for await (const chunk of body) await (last ?? inner).append(bodyOf(chunk));
      },
    }),
  ],
];
