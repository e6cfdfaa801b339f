import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import { OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { content, drain } from '../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { changeNow } from '../../helpers/core/repository-parts.ts';
import { openFilesystem } from '../../helpers/drivers/each-driver.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import { holds } from './property.ts';
import { type Image, TrashModel } from './trash/trash-model.ts';

const APP = name('team/app');
const HOUR_MS = 60 * 60 * 1000;
const KEEP_HOURS = 72;
const { signal } = new AbortController();

/** Three images that share layers, an index of two of them, and an index of that index. */
const CONFIG = content(10, 1);
const LAYERS = [content(50, 2), content(60, 3), content(70, 4)];
const BLOBS = [[0, 1], [1], [1, 2]].map((layers) => [CONFIG, ...layers.map((index) => LAYERS[index] as Buffer)]);
const PLAIN = BLOBS.map(([config, ...layers]) =>
  imageManifest({ config: descriptorOf(config as Buffer), layers: layers.map((bytes) => descriptorOf(bytes)) }),
);
const INDEX = imageIndex(PLAIN.slice(0, 2).map((bytes) => descriptorOf(bytes, OCI_IMAGE_MANIFEST)));
const OUTER = imageIndex([descriptorOf(INDEX, 'application/vnd.oci.image.index.v1+json')]);
const IMAGES = [...PLAIN, INDEX, OUTER];
const CHILDREN: readonly (readonly Image[])[] = [[], [], [], [0, 1], [3]];
const TAGS = ['a', 'b', 'c'];

const anyImage = fc.nat({ max: IMAGES.length - 1 });
const anyTag = fc.constantFrom(...TAGS);
const isForced = fc.boolean();
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), image: anyImage, tag: anyTag }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete tag' as const), tag: anyTag }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete manifest' as const), image: anyImage }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete repository' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('undelete tag' as const), tag: anyTag, isForced }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('undelete manifest' as const), image: anyImage, isForced }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('undelete repository' as const), isForced }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('collect' as const), deletesUntagged: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('empty' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 50 }) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

class World {
  readonly #core: ReturnType<typeof composeCoreWithTrash>;
  readonly #model = new TrashModel(KEEP_HOURS);

  constructor(driver: StorageDriver) {
    const now = (): number => Date.UTC(2030) + this.#model.now * HOUR_MS;
    this.#core = composeCoreWithTrash(new OldFiles(driver), { keepMs: KEEP_HOURS * HOUR_MS, now });
  }

  async do(step: Step): Promise<void> {
    const [core, model] = [this.#core, this.#model];
    // No two deletions are at the same time, unless they belong together.
    model.now += 2;
    switch (step.kind) {
      case 'push':
        return this.#push(step.image, step.tag);
      case 'delete tag':
        return this.#expect(model.deleteTag(step.tag), () => core.manifests.delete(APP, tagged(step.tag)));
      case 'delete manifest':
        return this.#expect(model.deleteManifest(step.image), () =>
          core.manifests.delete(APP, referenceOf(step.image)),
        );
      case 'delete repository':
        if (model.deleteRepository()) await changeNow(core, { action: 'delete', name: APP });
        return undefined;
      case 'undelete tag':
      case 'undelete manifest':
        return this.#undelete(step);
      case 'undelete repository':
        return this.#undeleteRepository(step.isForced);
      case 'collect':
        return this.#collect(step.deletesUntagged);
      case 'empty':
        model.empty();
        await core.trash.empty({ signal, dryRun: false, now: true });
        return undefined;
      case 'wait':
        model.now += step.hours;
    }
  }

  /** What clients see is what the model says, with the same bytes. */
  async check(): Promise<void> {
    const { registry } = this.#core;
    for (const [image, bytes] of IMAGES.entries()) {
      const found = await registry.manifests.get(APP, referenceOf(image)).catch(ignoreUnknown);
      assert.deepEqual(found?.bytes, this.#model.images.has(image) ? bytes : undefined, `image ${image}`);
      for (const blob of found === undefined ? [] : (BLOBS[image] ?? []))
        assert.deepEqual(await drain(await (await registry.layers.fetch(APP, digestOf(blob))).open()), blob);
    }
    for (const tag of TAGS) {
      const found = await registry.manifests.get(APP, tagged(tag)).catch(ignoreUnknown);
      const image = this.#model.tags.get(tag);
      assert.deepEqual(
        found?.digest,
        image === undefined ? undefined : digestOf(IMAGES[image] as Buffer),
        `tag ${tag}`,
      );
    }
  }

  async #push(image: Image, tag: string): Promise<void> {
    const model = this.#model;
    for (const child of CHILDREN[image] ?? []) if (!model.images.has(child)) await this.#pushOne(child, undefined);
    await this.#pushOne(image, tag);
  }

  async #pushOne(image: Image, tag: string | undefined): Promise<void> {
    const { layers, manifests } = this.#core;
    for (const child of CHILDREN[image] ?? [])
      if (!this.#model.images.has(child)) await this.#pushOne(child, undefined);
    for (const blob of BLOBS[image] ?? []) await pushBlob(layers, APP, blob);
    const manifest = { bytes: IMAGES[image] as Buffer, contentType: undefined };
    await manifests.put(APP, tag === undefined ? referenceOf(image) : tagged(tag), manifest);
    if (tag === undefined) this.#model.images.add(image);
    else this.#model.push(image, tag);
  }

  async #undelete(step: Extract<Step, { kind: 'undelete tag' | 'undelete manifest' }>): Promise<void> {
    const model = this.#model;
    const byTag = step.kind === 'undelete tag';
    const wanted = byTag ? model.wantedByTag(step.tag) : model.wantedByImage(step.image);
    const undelete = () => this.#core.undeleter.undelete(APP, byTag ? tagged(step.tag) : referenceOf(step.image), step);
    if (wanted === undefined) return this.#expect(false, undelete, 'MANIFEST_UNKNOWN');
    if (!step.isForced && model.takes(wanted)) return this.#expect(false, undelete, 'TAG_IMMUTABLE');
    await undelete();
    model.restore(wanted, (image) => CHILDREN[image] ?? []);
  }

  async #undeleteRepository(force: boolean): Promise<void> {
    const model = this.#model;
    const deletions = model.lastDelete();
    const undelete = () => this.#core.repositoryReturn.bringBack(APP, { isForced: force, signal });
    if (deletions.length === 0) return this.#expect(false, undelete, 'NAME_UNKNOWN');
    const takes = deletions.some((each) => each.kind === 'tag' && model.takes(each));
    if (!force && takes) return this.#expect(false, undelete, 'TAG_IMMUTABLE');
    assert.deepEqual((await undelete()).lost, []);
    model.restoreRepository(deletions, (image) => CHILDREN[image] ?? []);
  }

  async #collect(deletesUntagged: boolean): Promise<void> {
    const [core, model] = [this.#core, this.#model];
    await collectGarbage(core, { deletesUntagged });
    model.expire();
    if (!deletesUntagged) return;
    const isTagged = new Set(model.tags.values());
    for (const image of [...model.images]) {
      // Which of the others goes, the property of collections says; the trash has it then.
      if (isTagged.has(image) || (await core.registry.manifests.exists(APP, referenceOf(image)))) continue;
      model.collected(image);
    }
  }

  async #expect(works: boolean, action: () => Promise<unknown>, code = 'MANIFEST_UNKNOWN'): Promise<void> {
    if (works) await action();
    else await assert.rejects(action, (error) => RegistryError.is(error) && error.code === code);
  }
}

function referenceOf(image: Image) {
  return reference(digestOf(IMAGES[image] as Buffer));
}

function ignoreUnknown(error: unknown): undefined {
  if (!RegistryError.is(error)) throw error;
}

const DRIVERS = [
  { name: 'inmemory', open: async () => new MemoryDriver(), runs: 300 },
  { name: 'filesystem', open: openFilesystem, runs: 15 },
] as const;

for (const driver of DRIVERS) {
  holds(
    `what is deleted comes back whole within its time, and never after the trash was emptied [${driver.name}]`,
    driver.runs,
    (t) =>
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 30, size: 'max' }), async (steps) => {
        const world = new World(await driver.open(t));
        for (const step of steps) {
          await world.do(step);
          await world.check();
        }
      }),
  );
}
