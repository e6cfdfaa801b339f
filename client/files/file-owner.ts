import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { hostname } from 'node:os';

/** How often the time of a file says that its owner runs. */
const HEARTBEAT_MS = 2000;
/** An owner that cannot be asked for, and has not been heard of for so long, counts as gone. */
const MAX_SILENCE_MS = 30_000;

/** Owners of this module that are in use. */
const held = new Set<string>();
let count = 0;
let mine: Identity | undefined;

/**
 * A new name for the owner of a file; it goes into the name or the content of the file. It is
 * `<space>-<process id>-<start time>-<module>-<number>`: `space` stands for the processes that can see each other, so that
 * those of another host, or of another container with the same name, are not taken for some of here, and the start time tells a
 * process from an earlier one with its id.
 */
export function newOwner(): string {
  const { space, started, module } = identity();
  count += 1;
  const owner = `${space}-${process.pid}-${started}-${module}-${count}`;
  held.add(owner);
  return owner;
}

/** Ends the ownership of whatever has the name. */
export function releaseOwner(owner: string): void {
  held.delete(owner);
}

/** Whether only the heartbeat of an owner can say that it has not ended. */
export function isForeign(owner: string): boolean {
  const parsed = parseOwner(owner);
  if (parsed?.space !== identity().space) return true;
  return isThisProcess(parsed) && parsed.module !== identity().module;
}

/**
 * Whether an owner has ended: as far as it can be asked for, otherwise by the time of the file.
 * @param silentMs for how long the file has had no heartbeat
 */
export function isGone(owner: string, silentMs: number): boolean {
  const parsed = parseOwner(owner);
  if (parsed === undefined || isForeign(owner)) return silentMs > MAX_SILENCE_MS;
  return isThisProcess(parsed) ? !held.has(owner) : !isRunning(parsed);
}

/** Says by the time of a file, until it is disposed, that its owner runs. A file that is gone is left alone. */
export function heartbeat(path: string): Disposable {
  const timer = setInterval(() => void beat(path), HEARTBEAT_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Says once by the time of a file that its owner runs; to be called when a file has got another owner. */
export async function beat(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

interface Owner {
  readonly space: string;
  readonly pid: number;
  readonly started: string;
  readonly module: string;
}

function parseOwner(text: string): Owner | undefined {
  const match = /^([0-9a-f]{16})-(\d+)-(\d+)-([0-9a-f]{8})-\d+$/.exec(text);
  const [, space = '', pid, started = '', module = ''] = match ?? [];
  return match === null ? undefined : { space, pid: Number(pid), started, module };
}

function isThisProcess({ pid, started }: Owner): boolean {
  return pid === process.pid && started === identity().started;
}

interface Identity {
  readonly space: string;
  readonly started: string;
  /** Stands for this module: a worker thread has one of its own, which cannot be asked what it holds. */
  readonly module: string;
}

function identity(): Identity {
  mine ??= { space: spaceOf(), started: startOf(process.pid) ?? UNKNOWN, module: randomUUID().slice(0, 8) };
  return mine;
}

const UNKNOWN = '0';

/**
 * The boot of the kernel, the namespace of process ids, and the host. Where Linux hides the former, nobody else is of this
 * space.
 */
function spaceOf(): string {
  const parts = [hostname()];
  if (process.platform === 'linux') {
    try {
      parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), readlinkSync('/proc/self/ns/pid'));
    } catch {
      parts.push(randomUUID());
    }
  }
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** When a process started, in ticks since the boot (proc(5), field 22); `undefined` where that cannot be read. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program is in parentheses, and may have some itself.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isRunning({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const found = startOf(pid);
  return found === undefined || started === UNKNOWN || found === started;
}
