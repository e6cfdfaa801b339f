import { Agent } from 'node:http';
import fc from 'fast-check';
import { withRegistry } from '../helpers/with-registry.ts';
import { holds } from './property.ts';
import { blobSteps } from './sequences/blobs.ts';
import { listSteps, lookAround } from './sequences/lists.ts';
import { manifestSteps } from './sequences/manifests.ts';
import { Model } from './sequences/model.ts';
import { uploadSteps } from './sequences/uploads.ts';
import { World } from './sequences/world.ts';

const commands = fc.commands([...blobSteps, ...uploadSteps, ...manifestSteps, ...listSteps], {
  maxCommands: 60,
  size: 'max',
});

holds('a registry answers every sequence of requests as a model of it does', 40, (t) =>
  fc.asyncProperty(commands, async (sequence) => {
    const registry = await withRegistry(t);
    const agent = new Agent({ keepAlive: true });
    const model = new Model();
    const world = new World(registry, agent);
    try {
      await fc.asyncModelRun(() => ({ model, real: world }), sequence);
      await lookAround()(model, world);
    } finally {
      agent.destroy();
      await registry.stop();
    }
  }),
);
