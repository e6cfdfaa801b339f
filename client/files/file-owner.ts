import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { hostname } from 'node:os';

/** How often an owner updates the time of its file to show that it is alive. */
const HEARTBEAT_MS = 2000;
/** How long an owner that cannot be checked may be silent before it counts as gone. */
const MAX_SILENCE_MS = 30_000;

/** Owners of this module that are in use. */
const held = new Set<string>();
let count = 0;
let mine: Identity | undefined;

/**
 * Creates a name for the owner of a file, for use in the name or the content of the file: `<space>-<process id>-<start
 * time>-<module>-<number>`. `space` identifies the processes that can see each other, so that processes of another
 * host, or of another container with the same name, are not mistaken for local ones. The start time distinguishes a
 * process from an earlier one with its id.
 */
export function newOwner(): string {
  const { space, started, module } = identity();
  count += 1;
  const owner = `${space}-${process.pid}-${started}-${module}-${count}`;
  held.add(owner);
  return owner;
}

/** Ends the ownership of everything with this name. */
export function releaseOwner(owner: string): void {
  held.delete(owner);
}

/** Whether only its heartbeat shows that the owner has not ended. */
export function isForeign(owner: string): boolean {
  const parsed = parseOwner(owner);
  if (parsed?.space !== identity().space) return true;
  return isThisProcess(parsed) && parsed.module !== identity().module;
}

/**
 * Whether an owner has ended: checked directly if that is possible, otherwise by the time of the file.
 * @param silentMs how long the file has had no heartbeat, in milliseconds
 */
export function isGone(owner: string, silentMs: number): boolean {
  const parsed = parseOwner(owner);
  if (parsed === undefined || isForeign(owner)) return silentMs > MAX_SILENCE_MS;
  return isThisProcess(parsed) ? !held.has(owner) : !isRunning(parsed);
}

/** Updates the time of a file until disposed, to show that its owner is alive. A missing file is not recreated. */
export function heartbeat(path: string): Disposable {
  const timer = setInterval(() => void beat(path), HEARTBEAT_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Updates the time of a file once, to show that its owner is alive; call it when a file gets a new owner. */
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
  /** Identifies this module instance: a worker thread has its own, whose owners cannot be checked. */
  readonly module: string;
}

function identity(): Identity {
  mine ??= { space: spaceOf(), started: startOf(process.pid) ?? UNKNOWN, module: randomUUID().slice(0, 8) };
  return mine;
}

const UNKNOWN = '0';

/**
 * The boot of the kernel, the namespace of process ids, and the host. If Linux hides the first two, this process counts
 * as alone.
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
    // The name of the program is in parentheses and may itself contain some.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isRunning({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const found = startOf(pid);
  return found === undefined || started === UNKNOWN || found === started;
}
