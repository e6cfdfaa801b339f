/** A part of an upload in the service: an uncommitted block. */
export interface Block {
  readonly id: string;
  /** Its offset in the upload, and its length, in bytes. */
  readonly start: number;
  readonly bytes: number;
}

// All ids of a blob must have the same length. 27 characters are 36 of base64, without padding.
const START_DIGITS = 16;
const LENGTH_DIGITS = 10;

/** The block of these bytes of an upload. The same bytes sent again have the same id, and replace it. */
export function blockOf(start: number, bytes: number): Block {
  const text = `${String(start).padStart(START_DIGITS, '0')}-${String(bytes).padStart(LENGTH_DIGITS, '0')}`;
  return { id: Buffer.from(text).toString('base64'), start, bytes };
}

/** The block with an id; `undefined` when it is not one of {@link blockOf}. */
export function parseBlockId(id: string): Block | undefined {
  const [, start, bytes] = /^(\d{16})-(\d{10})$/.exec(Buffer.from(id, 'base64').toString('latin1')) ?? [];
  return start === undefined ? undefined : { id, start: Number(start), bytes: Number(bytes) };
}

/**
 * The blocks that together are the bytes up to `end`. A part that was sent again in another size is there twice; the
 * longer one that leads to the end is taken.
 * @returns `undefined` when bytes are missing
 */
export function chainOf(blocks: readonly Block[], end: number): Block[] | undefined {
  const next = new Map<number, Block | undefined>([[end, undefined]]);
  for (const block of [...blocks].sort((a, b) => b.start - a.start || a.bytes - b.bytes)) {
    if (block.bytes > 0 && next.has(block.start + block.bytes)) next.set(block.start, block);
  }
  if (!next.has(0)) return undefined;
  const chain: Block[] = [];
  for (let block = next.get(0); block !== undefined; block = next.get(block.start + block.bytes)) chain.push(block);
  return chain;
}
