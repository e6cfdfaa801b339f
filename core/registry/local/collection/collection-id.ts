import { randomUUID } from 'node:crypto';

/** The number of collections that this process has begun. */
let begun = 0;

/** A unique id; those of one process are in the order of their creation. */
export function createCollectionId(): string {
  begun += 1;
  const time = new Date().toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-${String(begun).padStart(6, '0')}-${randomUUID().slice(0, 8)}`;
}

/** Whether text from outside may become part of a path. */
export function isCollectionId(text: string): boolean {
  return /^\d{8}T\d{9}Z-\d{6,}-[0-9a-f]{8}$/.test(text);
}
