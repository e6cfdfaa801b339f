import { Agent } from 'node:http';
import fc from 'fast-check';
import { OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { holds } from './property.ts';
import { blobSteps, pushAtOnce } from './sequences/blobs.ts';
import { listSteps, lookAround } from './sequences/lists.ts';
import { manifestSteps, putManifest } from './sequences/manifests.ts';
import { Model } from './sequences/model.ts';
import { type Act, BODIES } from './sequences/step.ts';
import { sendChunk, startUpload, uploadSteps } from './sequences/uploads.ts';
import { World } from './sequences/world.ts';

const commands = fc.commands([...blobSteps, ...uploadSteps, ...manifestSteps, ...listSteps], {
  maxCommands: 80,
  size: 'max',
});

const IMAGE = { type: OCI_IMAGE_MANIFEST, careless: false, foreign: false, subject: false, fault: 'none' } as const;
const PUT = { name: 'a', to: 'tag', algorithm: 'sha256' } as const;

/** The initial content of a registry, so that most requests find something. */
const FURNITURE: readonly Act[] = [
  ...BODIES.map((body) => pushAtOnce({ name: 'a', body, algorithm: 'sha256', honest: true })),
  putManifest({ ...PUT, recipe: { ...IMAGE, parts: [3, 1] }, tags: ['v1'] }),
  putManifest({ ...PUT, recipe: { ...IMAGE, parts: [3, 2] }, tags: ['latest'] }),
  pushAtOnce({ name: 'a/b', body: '{}', algorithm: 'sha512', honest: true }),
  putManifest({ ...PUT, name: 'a/b', recipe: { ...IMAGE, parts: [0] }, tags: ['_'] }),
  startUpload({ name: 'a', hint: undefined }),
  startUpload({ name: 'b/a', hint: undefined }),
  sendChunk({ upload: 0, stale: false, text: '0123456789', range: 'none', streamed: false }),
];

const DRIVERS = [
  { name: 'inmemory', storage: { inmemory: {} }, keepsEmptied: false, runs: 40 },
  // Folders stay when their content is deleted, so that the catalog still lists the repository.
  { name: 'filesystem', storage: { filesystem: {} }, keepsEmptied: true, runs: 15 },
] as const;

for (const { name, storage, keepsEmptied, runs } of DRIVERS) {
  holds(`a registry on ${name} answers every sequence of requests as a model of it does`, runs, (t) =>
    fc.asyncProperty(commands, fc.boolean(), async (sequence, isFurnished) => {
      const registry = await withRegistry(t, { storage });
      const agent = new Agent({ keepAlive: true });
      const model = new Model(keepsEmptied);
      const world = new World(registry, agent);
      try {
        for (const act of isFurnished ? FURNITURE : []) await act(model, world);
        await fc.asyncModelRun(() => ({ model, real: world }), sequence);
        await lookAround()(model, world);
      } finally {
        agent.destroy();
        await registry.stop();
      }
    }),
  );
}
