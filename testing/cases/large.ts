import { type DriverCase, MIB } from '../driver-case.ts';
import { manyReaders, manyWriters } from './concurrency.ts';
import { largeFolder } from './large-folders.ts';
import { largeStream } from './streams.ts';

/** The sizes of distribution's suite. */
export const largeCases: readonly DriverCase[] = [
  largeStream('a stream of 5 GiB comes back with the same hash (WriteReadLargeStreams)', 'large', 5 * 1024),
  manyReaders('ten readers of a file of 128 MiB each get their bytes (ConcurrentStreamReads)', 'large', 128),
  manyWriters('32 writers of 32 MiB each do not mix (ConcurrentFileStreams)', 'large', { count: 32, size: 32 * MIB }),
  largeFolder(
    'a folder of more than five thousand entries is listed completely, as a whole and in pages',
    'large',
    5203,
  ),
];
