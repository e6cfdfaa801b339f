/** A guarantee of the contract, in the contract's own words. */
export interface Guarantee {
  /** Where the contract states it: an interface, or a member of one. */
  readonly member: string;
  /** A sentence from the documentation of `member`, word for word. */
  readonly text: string;
}

const of = (member: string, text: string): Guarantee => ({ member, text });

/** What the cases prove, by a short name. A test compares every text with the documentation in `core/driver`. */
export const GUARANTEES = {
  concurrent: of(
    'StorageDriver',
    'All methods may be called concurrently, even for one path; the last write to resolve wins.',
  ),
  folders: of(
    'StorageDriver',
    'Folders exist exactly as long as something is in them: parents appear with the first write',
  ),
  longPaths: of('StorageDriver', 'Names of up to 255 characters, in paths of up to 768, are stored unchanged'),
  signal: of('CallOptions.signal', 'Ends the call early with `aborted`.'),
  signalPassedOn: of('StorageDriver', 'A driver must pass the signal on wherever it waits for its backend'),
  grammar: of('DriverErrorCode', 'no file can exist there: the path breaks the grammar'),
  offsets: of('DriverErrorCode', 'a negative or fractional offset, or `end` before `start`'),

  capabilities: of(
    'DriverCapabilities',
    'Facts and figures by which core selects its algorithms; the test kit proves each claim.',
  ),
  persistent: of('DriverCapabilities.persistent', 'Content outlives the process that wrote it.'),
  shared: of('DriverCapabilities.shared', 'Two processes with the same options see the same content.'),
  atomicMove: of(
    'DriverCapabilities.atomicMove',
    'While `move` replaces a file, readers see the old or the new content, never a gap.',
  ),
  strongListing: of(
    'DriverCapabilities.strongListing',
    '`list` and `stat` see every write and delete that has resolved.',
  ),
  hidesUncommitted: of(
    'DriverCapabilities.hidesUncommitted',
    'Uncommitted bytes are invisible to `stat`, `read` and `list`.',
  ),
  exclusiveWriters: of(
    'DriverCapabilities.exclusiveWriters',
    'Among all writers of one path, in all processes, only the newest one counts',
  ),
  conditionalWrites: of(
    'DriverCapabilities.conditionalWrites',
    'Of several concurrent writes with `ifAbsent` to one path, in all processes, exactly one succeeds.',
  ),
  hidesEmptyFolders: of('DriverCapabilities.hidesEmptyFolders', 'A folder is listed only while a file is below it'),
  firstWriter: of(
    'WriterOptions.ifAbsent',
    'Of several writers that begin like this concurrently, in all processes, at most one succeeds',
  ),
  redirect: of('DriverCapabilities.redirect', '`redirectUrl` exists and can return a URL.'),

  statUncommitted: of(
    'StatOptions.uncommitted',
    'report the write in progress: the bytes that a new writer would find now. It disturbs no writer.',
  ),
  stat: of('StorageDriver.stat', 'Describes the file or folder at `path`; `undefined` when there is none.'),
  size: of('FileInfo.size', 'The size in bytes of the content that `read` would return now; 0 for a folder.'),
  modifiedAt: of('FileInfo.modifiedAt', 'When the content last changed'),
  clock: of('FileInfo.modifiedAt', 'it must be right to within ten minutes'),

  readStart: of('ReadOptions.start', 'Default: 0. At or past the size, the stream is empty.'),
  readEnd: of('ReadOptions.end', 'Default: the size; clipped to it. Not before `start`.'),
  readMissing: of('StorageDriver.read', 'DriverError `not-found`, also for a folder; `invalid-offset`'),
  readWhole: of('ReadStream.whole', 'All bytes of the stream, if the driver already has them in memory.'),
  readKeeps: of(
    'StorageDriver.read',
    'A reader keeps its content when the path is replaced or deleted, or fails with a DriverError; it never mixes old and new bytes and never ends early without an error.',
  ),
  peek: of(
    'StorageDriver.peek',
    'The whole content of the file at `path`, if the driver can return it without waiting and as current as `read` would;',
  ),
  readReleases: of('StorageDriver.read', 'Destroying it, also by the signal, releases everything.'),

  write: of('StorageDriver.write', 'Replaces the whole content of `path`'),
  writeAtomic: of('StorageDriver.write', 'Atomic: readers see the old or the new content.'),
  writeDurable: of(
    'StorageDriver.write',
    'When it resolves, the content is durable and visible to `read`, `stat` and `list`.',
  ),

  ifAbsent: of(
    'WriteOptions.ifAbsent',
    'the write succeeds only if there is no file at the path, and otherwise fails with `conflict` and changes nothing.',
  ),

  list: of('StorageDriver.list', 'The direct children of `folder` by name, in byte order.'),
  listAfter: of('StorageDriver.list', 'only names greater than this one; it need not exist'),
  listMissing: of(
    'StorageDriver.list',
    'DriverError `not-found` (when iterated) when `folder` is missing or a file; the root never is',
  ),
  prune: of('StorageDriver.prune', 'what is written there at the same time stays'),
  batches: of('EntryList.batches', 'The same entries in the same order, in groups'),
  entry: of('ListEntry', 'A direct child of a listed folder.'),

  move: of('StorageDriver.move', 'Moves a file and replaces any file at `to`.'),
  moveItself: of('StorageDriver.move', 'Moving a path onto itself changes nothing.'),
  moveMissing: of('StorageDriver.move', 'DriverError `not-found` when `from` is missing; `to` is then unchanged'),
  moveDurable: of('StorageDriver.move', 'Durable when it resolves.'),

  delete: of(
    'StorageDriver.delete',
    'Removes a file, or a folder with everything below it; siblings that only share a prefix stay.',
  ),
  deleteMissing: of('StorageDriver.delete', 'DriverError `not-found` when there is nothing at `path`'),

  resume: of(
    'WriterOptions.append',
    '`true` continues after the bytes kept so far: those of a writer that was closed without commit, or committed content of zero length',
  ),
  upTo: of('WriterOptions.upTo', 'the largest number of bytes to keep'),
  neverLess: of(
    'WriterOptions.upTo',
    'It never removes bytes that were there before that writer began: if it is less than those, nothing is taken over.',
  ),
  tookOver: of('DriverWriter.tookOver', 'Whether this writer took over from one that had not ended'),
  startOver: of('WriterOptions.append', '`false` starts over with no bytes.'),
  resumeMissing: of(
    'StorageDriver.openWriter',
    'DriverError `not-found` when `append` is set and there is nothing to resume',
  ),
  independentWrites: of(
    'StorageDriver.openWriter',
    'Writes of different paths are independent, however many of them are open or kept, and even when one path begins with another.',
  ),
  staysUntilCommit: of(
    'StorageDriver.openWriter',
    'If uncommitted bytes are hidden, the previous content of `path` stays until commit; otherwise it is gone immediately.',
  ),

  keepsBytes: of(
    'DriverWriter',
    'Disposing it keeps the bytes accepted so far for a later `openWriter` with `append`; it is safe to dispose twice and after the end.',
  ),
  append: of('DriverWriter.append', 'Appends the bytes of `body` in order'),
  backpressure: of(
    'DriverWriter.append',
    'with backpressure: a `persistent` driver holds at most 48 MiB in memory that it has not stored yet.',
  ),
  appendPrefix: of(
    'DriverWriter.append',
    'When it rejects, `size` shows how many bytes were kept, a prefix of what was passed; the writer stays usable.',
  ),
  commit: of('DriverWriter.commit', 'Ends the write: durable, and from now on readable under its path.'),
  commitElsewhere: of(
    'DriverWriter.commit',
    'the path that receives the bytes instead, replacing any content; nothing is left under the path of the writer',
  ),
  cancel: of('DriverWriter.cancel', 'Removes every byte of this write.'),
  closed: of('DriverWriter.commit', 'DriverError `closed` after close, commit or cancel'),

  registry: of(
    'StorageDriver',
    'A storage backend: bytes under paths. It knows nothing of repositories, digests or HTTP.',
  ),
} as const satisfies Readonly<Record<string, Guarantee>>;

/** The short name of a guarantee. */
export type GuaranteeName = keyof typeof GUARANTEES;
