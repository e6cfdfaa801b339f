import { DriverError, ROOT_PATH, type StoragePath } from '../../core/driver/index.ts';

/** A folder: its children by name. It exists as long as it has any; only the root may be empty. */
export class Folder<Value> {
  readonly #children = new Map<string, Value | Folder<Value>>();
  #sorted: readonly string[] | undefined;

  get isEmpty(): boolean {
    return this.#children.size === 0;
  }

  get(name: string): Value | Folder<Value> | undefined {
    return this.#children.get(name);
  }

  set(name: string, child: Value | Folder<Value>): void {
    if (!this.#children.has(name)) this.#sorted = undefined;
    this.#children.set(name, child);
  }

  delete(name: string): boolean {
    if (!this.#children.delete(name)) return false;
    this.#sorted = undefined;
    return true;
  }

  /** The names in byte order; a change of the folder creates a new array and leaves this one unchanged. */
  names(): readonly string[] {
    // Names are ASCII, so the order of `sort` is the order of bytes.
    this.#sorted ??= [...this.#children.keys()].sort();
    return this.#sorted;
  }
}

/** Values under storage paths. A path holds a value or a folder, never both. */
export class PathTree<Value> {
  readonly #root = new Folder<Value>();

  /** The value at `path`, or the folder there; the root is always a folder. */
  get(path: StoragePath): Value | Folder<Value> | undefined {
    let found: Value | Folder<Value> | undefined = this.#root;
    for (const name of namesOf(path)) {
      if (!(found instanceof Folder)) return undefined;
      found = found.get(name);
    }
    return found;
  }

  /** @throws DriverError `invalid-path` when a folder is at `path`, or a value above it */
  set(path: StoragePath, value: Value): void {
    const names = namesOf(path);
    const last = names.pop() ?? '';
    let folder = this.#root;
    // Everything is checked before anything is created, so that a rejected path leaves no empty folder.
    if (this.get(path) instanceof Folder || this.#isBelowValue(names)) throw new DriverError('invalid-path', { path });
    for (const name of names) {
      const child = folder.get(name);
      const next = child instanceof Folder ? child : new Folder<Value>();
      folder.set(name, next);
      folder = next;
    }
    folder.set(last, value);
  }

  /** Removes the value at `path`, and the folders that become empty. */
  delete(path: StoragePath): boolean {
    return removeFrom(this.#root, namesOf(path));
  }

  #isBelowValue(names: readonly string[]): boolean {
    let found: Value | Folder<Value> | undefined = this.#root;
    for (const name of names) {
      found = found.get(name);
      if (found === undefined) return false;
      if (!(found instanceof Folder)) return true;
    }
    return false;
  }
}

function removeFrom<Value>(folder: Folder<Value>, [name = '', ...rest]: readonly string[]): boolean {
  if (rest.length === 0) return folder.delete(name);
  const child = folder.get(name);
  if (!(child instanceof Folder) || !removeFrom(child, rest)) return false;
  if (child.isEmpty) folder.delete(name);
  return true;
}

function namesOf(path: StoragePath): string[] {
  return path === ROOT_PATH ? [] : path.slice(1).split('/');
}
