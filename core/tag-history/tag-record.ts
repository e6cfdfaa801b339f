import { algorithmOf, type Digest, hexOf, isDigest } from '../digest/digest.ts';
import type { Actor } from '../registry/call-context.ts';
import type { MovingCall, TagMove } from './tag-move.ts';

/** No name of a file is longer. */
const MAX_ID_LENGTH = 255;
const NONE = 'none';
/** A digest that the name has no room for is in the file alone. */
const INSIDE = 'inside';

/**
 * What the name of a record says: when a tag was moved, from where and to where. So a list of names is enough to know to
 * what a tag pointed at a time.
 */
export interface RecordId {
  readonly id: string;
  /** By the clock of the process that moved the tag, in milliseconds since 1970. */
  readonly atMs: number;
  /** The process that moved the tag; its records are in the order of its moves. */
  readonly process: string;
  /** `undefined` for a new tag. */
  readonly from: Digest | undefined;
  /** `undefined` for a deleted tag. */
  readonly to: Digest | undefined;
  /** Whether the file has to be read to know both. */
  readonly isShort: boolean;
}

/** Who moved a tag; absent parts are not known. */
export interface RecordedCall {
  readonly by?: { readonly kind: NonNullable<Actor['kind']>; readonly name: string };
  readonly requestId?: string;
}

const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/;
const ID = /^(\d{8}T\d{9}Z)-([0-9a-f]{8})_([a-z0-9.]+)_([a-z0-9.]+)$/;

/**
 * The id of a record; ids are in the order of their times.
 * @param atMs different for each record of a process
 * @param process eight hex digits, different for each process
 */
export function createRecordId(
  { from, to }: Pick<TagMove, 'from' | 'to'>,
  { atMs, process }: Pick<RecordId, 'atMs' | 'process'>,
): string {
  const time = new Date(atMs).toISOString().replaceAll(/[-:.]/g, '');
  const start = `${time}-${process}`;
  const digests = [from, to].map(partOf);
  const id = [start, ...digests].join('_');
  if (id.length <= MAX_ID_LENGTH && !digests.includes(INSIDE)) return id;
  return [start, ...digests.map((part) => (part === NONE ? NONE : INSIDE))].join('_');
}

/** Reads what {@link createRecordId} made; `undefined` for any other name. */
export function parseRecordId(id: string): RecordId | undefined {
  const [, time = '', process = '', first = '', second = ''] = ID.exec(id) ?? [];
  const atMs = Date.parse(time.replace(TIME, '$1-$2-$3T$4:$5:$6.$7Z'));
  const [from, to] = [digestIn(first), digestIn(second)];
  if (from === 'foreign' || to === 'foreign' || !Number.isFinite(atMs)) return undefined;
  return { id, atMs, process, from, to, isShort: [first, second].includes(INSIDE) };
}

/** The content of a record. */
export function formatRecord({ from, to }: TagMove, { actor, requestId }: MovingCall): object {
  const by = actor && { kind: actor.kind ?? 'user', name: actor.name };
  return { from, to, by, requestId };
}

/** What the content of a record says of the call; a torn one says nothing. */
export function parseRecordedCall(value: unknown): RecordedCall {
  const { by, requestId } = membersOf(value);
  const { kind, name } = membersOf(by);
  const isKnown = (kind === 'user' || kind === 'job' || kind === 'command') && typeof name === 'string';
  return { ...(isKnown && { by: { kind, name } }), ...(typeof requestId === 'string' && { requestId }) };
}

/** Adds what the name of a record has no room for. */
export function completed(record: RecordId, value: unknown): RecordId {
  const { from, to } = membersOf(value);
  const valid = (text: unknown): Digest | undefined => (typeof text === 'string' && isDigest(text) ? text : undefined);
  return { ...record, from: valid(from), to: valid(to), isShort: false };
}

function partOf(digest: Digest | undefined): string {
  if (digest === undefined) return NONE;
  const algorithm = algorithmOf(digest);
  return /^[a-z0-9]+$/.test(algorithm) ? `${algorithm}.${hexOf(digest)}` : INSIDE;
}

function digestIn(part: string): Digest | undefined | 'foreign' {
  if (part === NONE || part === INSIDE) return undefined;
  const digest = part.replace('.', ':');
  return isDigest(digest) ? digest : 'foreign';
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
