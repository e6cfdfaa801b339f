import * as real from '../../../drivers/filesystem/file-system.ts';
import { type Opened, recorder } from './recorder.ts';

/*
 * Replaces `drivers/filesystem/file-system.ts` after `recordFileCalls`: every call goes to the recorder and to the file
 * system.
 */

const whereOf = (path: unknown): string => String(path);

/** A handle whose writes and syncs are recorded. */
function recordedHandle(handle: real.FileHandle, opened: Opened): real.FileHandle {
  const { isDurable } = opened;
  const write = (position: number | undefined, bytes: Uint8Array, action: () => Promise<unknown>): Promise<unknown> =>
    recorder.sync({ call: 'write', opened, position, bytes: Buffer.from(bytes), isDurable }, action);
  const changed: Partial<Record<keyof real.FileHandle, (...given: never[]) => unknown>> = {
    writev: (chunks: readonly Uint8Array[], position: number) =>
      write(position, Buffer.concat(chunks), () => handle.writev(chunks, position)),
    truncate: (size: number) => recorder.change({ call: 'truncate', opened, size }, () => handle.truncate(size)),
    sync: () => recorder.sync({ call: 'fsync', opened }, () => handle.sync()),
    datasync: () => recorder.sync({ call: 'fdatasync', opened }, () => handle.datasync()),
    stat: () => recorder.look('fstat', opened.path, () => handle.stat()),
    close: () => (handle.fd < 0 ? Promise.resolve() : recorder.look('close', opened.path, () => handle.close())),
  };
  return new Proxy(handle, {
    get: (target, key) => {
      const own = Reflect.get(changed, key) as unknown;
      if (own !== undefined) return own;
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The files and folders of descriptors that were opened without a handle. */
const descriptors = new Map<number, Opened>();

function openedAs(descriptor: number): Opened {
  const opened = descriptors.get(descriptor);
  if (opened === undefined) throw new Error(`the descriptor ${descriptor} was not opened here`);
  return opened;
}

async function opening(opened: Opened, action: () => Promise<number>): Promise<number> {
  const descriptor = await recorder.change({ call: 'open', opened }, action);
  descriptors.set(descriptor, opened);
  return descriptor;
}

const replaced: Pick<typeof real, keyof typeof real> = {
  statSync: ((path: string, options: object) =>
    recorder.lookNow('stat', path, () => real.statSync(path, options))) as typeof real.statSync,
  stat: ((path: string) => recorder.look('stat', path, () => real.stat(path))) as typeof real.stat,
  readdir: ((path: string, options: object) =>
    recorder.look('readdir', path, () => real.readdir(path, options))) as unknown as typeof real.readdir,
  mkdir: ((path: string) =>
    recorder.change({ call: 'mkdir', path }, () => real.mkdir(path))) as unknown as typeof real.mkdir,
  rmdir: (path) => recorder.change({ call: 'rmdir', path: whereOf(path) }, () => real.rmdir(path)),
  unlink: (path) => recorder.change({ call: 'unlink', path: whereOf(path) }, () => real.unlink(path)),
  link: (path, to) =>
    recorder.change({ call: 'link', path: whereOf(path), to: whereOf(to) }, () => real.link(path, to)),
  rename: (path, to) =>
    recorder.change({ call: 'rename', path: whereOf(path), to: whereOf(to) }, () => real.rename(path, to)),
  truncate: (path, size = 0) =>
    recorder.change({ call: 'truncate', path: whereOf(path), size }, () => real.truncate(path, size)),
  copyFile: (path, to, mode) =>
    recorder.change({ call: 'copyFile', path: whereOf(path), to: whereOf(to) }, () => real.copyFile(path, to, mode)),
  open: async (path, flags, mode) => {
    const opened: Opened = { path: whereOf(path), isDurable: false };
    const handle = await recorder.change({ call: 'open', opened }, () => real.open(path, flags, mode));
    return recordedHandle(handle, opened);
  },
  createFile: (path, isDurable) => opening({ path, isDurable }, () => real.createFile(path, isDurable)),
  writeAll: (descriptor, content) => {
    const opened = openedAs(descriptor);
    const bytes = Buffer.from(content);
    const write = { call: 'write', opened, position: undefined, bytes, isDurable: opened.isDurable } as const;
    return recorder.sync(write, () => real.writeAll(descriptor, content));
  },
  syncData: (descriptor) =>
    recorder.sync({ call: 'fdatasync', opened: openedAs(descriptor) }, () => real.syncData(descriptor)),
  openFolder: (path) => opening({ path, isDurable: false }, () => real.openFolder(path)),
  openFolderNow: (path) => {
    const opened: Opened = { path, isDurable: false };
    const descriptor = recorder.openNow(opened, () => real.openFolderNow(path));
    descriptors.set(descriptor, opened);
    return descriptor;
  },
  syncFolder: (descriptor) =>
    recorder.sync({ call: 'fsync', opened: openedAs(descriptor) }, () => real.syncFolder(descriptor)),
  close: (descriptor) => recorder.look('close', openedAs(descriptor).path, () => real.close(descriptor)),
  closeNow: (descriptor) => recorder.lookNow('close', openedAs(descriptor).path, () => real.closeNow(descriptor)),
};

export const {
  close,
  closeNow,
  copyFile,
  createFile,
  link,
  mkdir,
  open,
  openFolder,
  openFolderNow,
  readdir,
  rename,
  rmdir,
  stat,
  statSync,
  syncData,
  syncFolder,
  truncate,
  unlink,
  writeAll,
} = replaced;
