import { basename, dirname } from 'node:path';
import type { Change, FileEvent, Opened, Sync } from './recorder.ts';

/** A source of numbers from 0 up to but not including 1. */
export interface Chances {
  next(): number;
}

interface File {
  bytes: Buffer;
  /** The content that the last sync has made durable; absent before the first. */
  durable?: Buffer;
}

interface Folder {
  readonly entries: Map<string, Node>;
  /** The changes of its entries that are not durable yet. */
  readonly pending: Set<NameChange>;
}

type Node = File | Folder;

/** A change of one name, or of two at once: a rename takes effect as a whole, or not at all. */
interface NameChange {
  readonly removes?: Entry;
  readonly sets?: Entry & { readonly node: Node };
  isDurable: boolean;
}

interface Entry {
  readonly folder: Folder;
  readonly name: string;
}

/** The files of a root by their paths below it, `/docker/…`; a folder has no bytes. */
export type Image = ReadonlyMap<string, Buffer | undefined>;

/**
 * A disk that loses whatever POSIX allows it to lose when the power fails. It processes recorded calls in order.
 *
 * - Content of a file is durable once an `fsync` or `fdatasync` that began after the write has ended, or once a write
 *   has ended on a descriptor that was opened with `O_DSYNC`. Anything else may be there, be missing, be cut off, or be
 *   zeros of the right length; what was synced before a later write stays.
 * - A name (created, renamed, linked, removed) is durable once an `fsync` of its folder that began after the change has
 *   ended. A rename is durable once either of its two folders is synced. Each other change of a name is there or not,
 *   independently of all others and of their order.
 * - A rename is atomic: the old name and the new one change together.
 * - A folder whose own name is lost is lost with everything below it.
 *
 * It knows one disk, and no symbolic links.
 */
export class SimulatedDisk {
  readonly #root: Folder = newFolder();
  readonly #rootPath: string;
  readonly #open = new Map<Opened, Node>();
  readonly #changes: NameChange[] = [];
  /** What each running sync will make durable. */
  readonly #running = new Map<Sync, () => void>();

  /** @param rootPath an existing folder, as the calls name it */
  constructor(rootPath: string) {
    this.#rootPath = rootPath;
  }

  apply(event: FileEvent): void {
    if (event.kind === 'change') this.#change(event.change);
    else if (event.kind === 'begin') this.#begin(event.sync);
    else if (event.kind === 'end') this.#end(event.sync);
  }

  /** What a power failure would leave now. Does not change the disk, so it can be called repeatedly. */
  afterPowerCut(chances: Chances): Image {
    const kept = keptEntries(this.#changes, chances);
    const image = new Map<string, Buffer | undefined>();
    const bytes = new Map<File, Buffer>();
    const visit = (folder: Folder, path: string): void => {
      for (const [name, node] of kept.get(folder) ?? []) {
        const below = `${path}/${name}`;
        if (isFolder(node)) {
          image.set(below, undefined);
          visit(node, below);
          continue;
        }
        const found = bytes.get(node) ?? keptBytes(node, chances);
        bytes.set(node, found);
        image.set(below, found);
      }
    };
    visit(this.#root, '');
    return image;
  }

  #change(change: Change): void {
    switch (change.call) {
      case 'open':
        this.#open.set(change.opened, this.#find(change.opened.path) ?? this.#create(change.opened.path, newFile()));
        return;
      case 'mkdir':
        this.#create(change.path, newFolder());
        return;
      case 'link':
        this.#record({ sets: { ...this.#entry(change.to), node: this.#need(change.path) } });
        return;
      case 'rename': {
        const removes = this.#entry(change.path);
        const node = this.#need(change.path);
        this.#record({ removes, sets: { ...this.#entry(change.to), node } });
        return;
      }
      case 'rmdir':
      case 'unlink':
        this.#record({ removes: this.#entry(change.path) });
        return;
      case 'copyFile':
        this.#file(change.to).bytes = this.#file(change.path).bytes;
        return;
      case 'truncate': {
        const file = 'opened' in change ? this.#opened(change.opened) : this.#file(change.path);
        file.bytes = Buffer.concat([file.bytes, Buffer.alloc(change.size)]).subarray(0, change.size);
      }
    }
  }

  #begin(sync: Sync): void {
    const node = this.#open.get(sync.opened);
    if (node === undefined) return;
    if (isFolder(node)) {
      const changes = [...node.pending];
      this.#running.set(sync, () => changes.forEach(settle));
      return;
    }
    if (sync.call === 'write') node.bytes = written(node.bytes, sync.bytes, sync.position);
    if (sync.call === 'write' && !sync.isDurable) return;
    const { bytes } = node;
    this.#running.set(sync, () => (node.durable = bytes));
  }

  #end(sync: Sync): void {
    this.#running.get(sync)?.();
    this.#running.delete(sync);
  }

  #create(path: string, node: Node): Node {
    this.#record({ sets: { ...this.#entry(path), node } });
    return node;
  }

  #record(change: Omit<NameChange, 'isDurable'>): void {
    const recorded = { ...change, isDurable: false };
    const { removes, sets } = recorded;
    removes?.folder.entries.delete(removes.name);
    sets?.folder.entries.set(sets.name, sets.node);
    removes?.folder.pending.add(recorded);
    sets?.folder.pending.add(recorded);
    this.#changes.push(recorded);
  }

  #entry(path: string): Entry {
    const folder = this.#need(dirname(path));
    if (!isFolder(folder)) throw new Error(`${dirname(path)} is not a folder`);
    return { folder, name: basename(path) };
  }

  #file(path: string): File {
    const node = this.#need(path);
    if (isFolder(node)) throw new Error(`${path} is not a file`);
    return node;
  }

  #opened(opened: Opened): File {
    const node = this.#open.get(opened);
    if (node === undefined || isFolder(node)) throw new Error(`${opened.path} is not an open file`);
    return node;
  }

  #need(path: string): Node {
    const node = this.#find(path);
    if (node === undefined) throw new Error(`the record is incomplete: ${path} is missing`);
    return node;
  }

  #find(path: string): Node | undefined {
    if (!`${path}/`.startsWith(`${this.#rootPath}/`)) throw new Error(`${path} is not on the disk`);
    let node: Node | undefined = this.#root;
    for (const name of path.slice(this.#rootPath.length).split('/').filter(Boolean)) {
      node = node !== undefined && isFolder(node) ? node.entries.get(name) : undefined;
    }
    return node;
  }
}

/** The entries of each folder after the changes that survive: all durable ones, and any of the others. */
function keptEntries(changes: readonly NameChange[], chances: Chances): Map<Folder, Map<string, Node>> {
  // Sometimes nearly everything is lost, and sometimes hardly anything.
  const probability = chances.next();
  const kept = new Map<Folder, Map<string, Node>>();
  const entriesOf = (folder: Folder): Map<string, Node> => {
    const entries = kept.get(folder) ?? new Map<string, Node>();
    kept.set(folder, entries);
    return entries;
  };
  for (const { removes, sets, isDurable } of changes) {
    if (!isDurable && chances.next() >= probability) continue;
    if (removes !== undefined) entriesOf(removes.folder).delete(removes.name);
    if (sets !== undefined) entriesOf(sets.folder).set(sets.name, sets.node);
  }
  return kept;
}

function keptBytes({ bytes, durable }: File, chances: Chances): Buffer {
  if (durable === bytes) return bytes;
  const before = durable ?? Buffer.alloc(0);
  const choice = Math.floor(chances.next() * 4);
  if (choice === 0) return before;
  if (choice === 1) return bytes;
  const end = Math.floor(chances.next() * (bytes.byteLength + 1));
  const torn = choice === 2 ? bytes.subarray(0, end) : Buffer.alloc(bytes.byteLength);
  // New content is torn; durable content has not been written again.
  return Buffer.concat([before, torn.subarray(before.byteLength)]);
}

function settle(change: NameChange): void {
  change.isDurable = true;
  change.removes?.folder.pending.delete(change);
  change.sets?.folder.pending.delete(change);
}

function written(before: Buffer, bytes: Buffer, position = before.byteLength): Buffer {
  const gap = Buffer.alloc(Math.max(0, position - before.byteLength));
  return Buffer.concat([before.subarray(0, position), gap, bytes, before.subarray(position + bytes.byteLength)]);
}

function newFile(): File {
  return { bytes: Buffer.alloc(0) };
}

function newFolder(): Folder {
  return { entries: new Map(), pending: new Set() };
}

function isFolder(node: Node): node is Folder {
  return 'entries' in node;
}
