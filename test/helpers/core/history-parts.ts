import { type Digest, digestOf } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { parseTag } from '../../../core/model/reference.ts';
import { TagHistoryStore } from '../../../core/storage/tag-history-store.ts';
import { HistoryPruner, type PrunedHistory } from '../../../core/tag-history/history-pruner.ts';
import { content } from '../../../testing/driver-case.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../content/registry-content.ts';
import { composeCoreWithHistory } from './core-parts.ts';

/** The repository of these tests, and its tag. */
export const APP = name('team/app');
export const V1 = parseTag('v1');
/** The blob of all images. */
export const CONFIG = content(20, 1);
export const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 1);

interface Image {
  readonly bytes: Buffer;
  readonly contentType: undefined;
}

/** Three images, and their digests. */
export const [ONE, TWO, THREE] = ['one', 'two', 'three'].map((annotation) => ({
  bytes: imageManifest({ config: descriptorOf(CONFIG), layers: [], annotations: { annotation } }),
  contentType: undefined,
})) as [Image, Image, Image];
export const [D1, D2, D3] = [ONE, TWO, THREE].map(({ bytes }) => digestOf(bytes)) as [Digest, Digest, Digest];

export type HistoryCore = ReturnType<typeof composeCoreWithHistory>;

/** A clock that the test sets, in hours since the start. */
export class Clock {
  hours = 0;
  readonly now = (): number => START_MS + this.hours * HOUR_MS;
}

/** So many hours after the start. */
export const at = (hours: number): Date => new Date(START_MS + hours * HOUR_MS);

/** The whole hours between the start and a time. */
export function hoursOf(time: Date): number {
  return Math.floor((time.getTime() - START_MS) / HOUR_MS);
}

/** A registry with a history of tags, whose repository has the blob of all images. */
export async function openHistory(driver: StorageDriver, clock: Clock): Promise<HistoryCore> {
  const core = composeCoreWithHistory(driver, { now: clock.now });
  await pushBlob(core.layers, APP, CONFIG);
  return core;
}

/** The records of a tag, the newest first, without their keys. */
export async function movesOf(core: HistoryCore, tag = V1): Promise<readonly object[]> {
  const { moves: found } = await core.moves.list(APP, { tag, limit: 100 });
  return found.map(({ key: _, tag: __, at: time, ...move }) => ({ hours: hoursOf(time), ...move }));
}

/** What a tag was so many hours after the start: a digest, or why there is none. */
export async function digestAt(core: HistoryCore, hours: number, tag = V1): Promise<string> {
  const found = await core.history.at(APP, tag, at(hours).getTime());
  return found.state === 'set' ? found.digest : found.state;
}

/** {@link digestAt} for several times. */
export function digestsAt(core: HistoryCore, hours: readonly number[]): Promise<readonly string[]> {
  return Promise.all(hours.map((each) => digestAt(core, each)));
}

/** Two tags that were moved each hour, of which `gone` was deleted at the end. */
export async function withMoves(driver: StorageDriver, clock: Clock): Promise<HistoryCore> {
  const core = await openHistory(driver, clock);
  for (const [hours, image] of [ONE, TWO, THREE, ONE].entries()) {
    clock.hours = hours;
    await core.manifests.put(APP, tagged('v1'), image);
    await core.manifests.put(APP, tagged('gone'), image);
  }
  await core.manifests.delete(APP, tagged('gone'));
  return core;
}

/** Removes old records. */
export function pruneHistory(
  core: HistoryCore,
  clock: Clock,
  limits: { readonly keepMs: number; readonly maxRecords?: number; readonly dryRun?: boolean },
): Promise<PrunedHistory> {
  return new HistoryPruner(core.container.get(TagHistoryStore), clock.now).prune({
    maxRecords: 1000,
    dryRun: false,
    signal: new AbortController().signal,
    onStep: () => undefined,
    ...limits,
  });
}
