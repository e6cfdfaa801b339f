import { newOwner } from '../../../client/files/file-owner.ts';

/** No process has such an id. */
const DEAD = 4194304;

/** A process of this machine that has ended. */
export function deadOwner(): string {
  return ownerWith(DEAD);
}

/** A process of this machine that runs. */
export function runningOwner(): string {
  return ownerWith(process.ppid);
}

/** A process of another container with the same name, or on another host. */
export function foreignOwner(pid = DEAD): string {
  return ownerWith(pid).replace(/^[0-9a-f]{16}/, '0'.repeat(16));
}

/** Another thread of this process. */
export function threadOwner(): string {
  return newOwner().replace(/-[0-9a-f]{8}-\d+$/, '-00000000-1');
}

/** An earlier process that had the id of this one. */
export function earlierOwner(): string {
  return newOwner().replace(/^([0-9a-f]+-\d+)-\d+/, '$1-1');
}

/** The owner of a process with this id, whenever it started. */
function ownerWith(pid: number): string {
  return newOwner().replace(/-\d+-\d+-/, `-${pid}-0-`);
}
