import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  childPath,
  DriverError,
  parentPath,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import type { GuaranteeName } from '../../../testing/guarantees.ts';

class NeverReplaces extends MemoryDriver {
  override async move(from: StoragePath, to: StoragePath): Promise<void> {
    if ((await this.stat(to)) === undefined) await super.move(from, to);
    else await super.delete(from);
  }
}

class MovesAway extends MemoryDriver {
  override async move(from: StoragePath, to: StoragePath): Promise<void> {
    await super.move(from, to);
    if (from === to) await super.delete(to);
  }
}

class ClearsTheTarget extends MemoryDriver {
  override async move(from: StoragePath, to: StoragePath): Promise<void> {
    if (from !== to) await super.delete(to).catch(() => undefined);
    await super.move(from, to);
  }
}

class MovesInSteps extends MemoryDriver {
  override async move(from: StoragePath, to: StoragePath): Promise<void> {
    if (from !== to) await super.delete(to).catch(() => undefined);
    await nextTurn();
    await super.move(from, to);
  }
}

class NeverMoves extends MemoryDriver {
  override readonly capabilities = { ...new MemoryDriver().capabilities, exclusiveWriters: false };

  override async move(path: StoragePath): Promise<void> {
    throw new DriverError('denied', { path });
  }
}

class DeletesByPrefix extends MemoryDriver {
  override async delete(path: StoragePath): Promise<void> {
    await super.delete(path);
    const folder = parentPath(path);
    const siblings: StoragePath[] = [];
    for await (const { name } of this.list(folder)) siblings.push(childPath(folder, name));
    for (const sibling of siblings) if (sibling.startsWith(path)) await super.delete(sibling);
  }
}

class DeletesAnything extends MemoryDriver {
  override async delete(path: StoragePath): Promise<void> {
    await super.delete(path).catch(() => undefined);
  }
}

/** Drivers that move or delete incorrectly, each in one way. */
export const BROKEN_CHANGES: readonly (readonly [
  what: string,
  breaks: GuaranteeName,
  driver: new () => StorageDriver,
])[] = [
  ['does not replace', 'move', NeverReplaces],
  ['loses what is moved onto itself', 'moveItself', MovesAway],
  ['clears the target too early', 'moveMissing', ClearsTheTarget],
  ['claims an atomic move', 'atomicMove', MovesInSteps],
  ['cannot move', 'registry', NeverMoves],
  ['deletes siblings', 'delete', DeletesByPrefix],
  ['deletes what is missing', 'deleteMissing', DeletesAnything],
];
