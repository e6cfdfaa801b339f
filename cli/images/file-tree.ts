import { StoreError } from '../../client/stores/store-error.ts';
import type { Digest } from '../../core/digest/digest.ts';

/** What is under a path. */
export type FileKind = 'file' | 'directory' | 'symlink' | 'link' | 'other';

/** A path of an image. */
export interface ImageFile {
  readonly kind: FileKind;
  /** Bytes; 0 for anything but a file. */
  readonly size: number;
  /** Permission bits with those above them: setuid, setgid, sticky. */
  readonly mode: number;
  /** User and group by number: `0:0`. */
  readonly owner: string;
  /** Of the content of a file; where a link leads to. */
  readonly content: Digest | string;
}

/** What a layer has under a path, or removes of the layers below it. */
export type LayerEntry =
  | { readonly path: readonly string[]; readonly file: ImageFile }
  /** `all`: the path and what is in it; `content`: only what is in it. */
  | { readonly path: readonly string[]; readonly removes: 'all' | 'content' };

/** More than any image has; a hostile one must not fill the memory. */
const MAX_PATHS = 1_000_000;
/** PATH_MAX of Linux, in parts of one letter. */
const MAX_DEPTH = 2048;

/** A place in the tree. One without a file is a folder that no layer describes. */
interface Node {
  file: ImageFile | undefined;
  children: Map<string, Node> | undefined;
}

/**
 * The files of an image. Layers lie on top of each other, and each may replace and remove what is below it (image-spec,
 * "Applying Changesets"). A path takes some 300 bytes of memory.
 */
export class FileTree {
  readonly #root: Node;
  #size: number;

  constructor() {
    this.#root = { file: undefined, children: undefined };
    this.#size = 0;
  }

  /** A tree with the same files, which goes on by itself. */
  copy(): FileTree {
    const tree = new FileTree();
    tree.#root.children = copyOf(this.#root).children;
    tree.#size = this.#size;
    return tree;
  }

  /**
   * Puts a layer on top. What it removes is below it, whatever the order of its entries.
   * @throws StoreError `unsupported` for a tree of more than a million paths, or with folders in more than 2048 others
   */
  add(entries: readonly LayerEntry[]): void {
    for (const entry of entries) if ('removes' in entry) this.#remove(entry.path, entry.removes);
    for (const entry of entries) if ('file' in entry) this.#put(entry.path, this.#linked(entry.file));
  }

  /** All paths that a layer describes, without a slash before them, in no promised order. */
  *files(): Generator<readonly [path: string, file: ImageFile], void, undefined> {
    yield* filesIn(this.#root, '');
  }

  /** Of several names of one file the archive says only of the first what it is, and that may be any of them. */
  #linked(file: ImageFile): ImageFile {
    return (file.kind === 'link' ? this.#find(partsOf(file.content))?.file : undefined) ?? file;
  }

  #find(path: readonly string[]): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of path) node = node?.children?.get(part);
    return node;
  }

  #remove(path: readonly string[], what: 'all' | 'content'): void {
    const node = this.#find(path);
    if (node === undefined) return;
    this.#size -= countIn(node);
    node.children = undefined;
    if (what === 'content') return;
    const [parent, name] = [this.#find(path.slice(0, -1)), path.at(-1)];
    if (name !== undefined && parent?.children?.delete(name) === true) this.#size -= 1;
  }

  #put(path: readonly string[], file: ImageFile): void {
    if (path.length > MAX_DEPTH) throw new StoreError('unsupported', `a path has more than ${MAX_DEPTH} parts`);
    let node = this.#root;
    for (const part of path) {
      node.children ??= new Map();
      let child = node.children.get(part);
      if (child === undefined) {
        requireFewPaths(this.#size + 1);
        child = { file: undefined, children: undefined };
        node.children.set(part, child);
        this.#size += 1;
      }
      node = child;
    }
    node.file = file;
    if (file.kind === 'directory' || node.children === undefined) return;
    this.#size -= countIn(node);
    node.children = undefined;
  }
}

/** @throws StoreError `unsupported` for more than a million */
export function requireFewPaths(count: number): void {
  if (count > MAX_PATHS) throw new StoreError('unsupported', `the layers have more than ${MAX_PATHS} paths`);
}

/** The parts of a path. Some archives write `./` or `/` before it. */
export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function copyOf({ file, children }: Node): Node {
  if (children === undefined) return { file, children };
  return { file, children: new Map([...children].map(([name, child]) => [name, copyOf(child)])) };
}

function countIn({ children }: Node): number {
  let count = 0;
  for (const child of children?.values() ?? []) count += 1 + countIn(child);
  return count;
}

function* filesIn(
  { children }: Node,
  folder: string,
): Generator<readonly [path: string, file: ImageFile], void, undefined> {
  for (const [name, child] of children ?? []) {
    const path = `${folder}${name}`;
    if (child.file !== undefined) yield [path, child.file];
    yield* filesIn(child, `${path}/`);
  }
}
