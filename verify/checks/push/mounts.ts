import { blobPath, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { finishUpload } from '../../content/chunks.ts';
import { randomContent } from '../../content/content.ts';
import { pushBlob } from '../../content/set-up.ts';
import { expectBody, expectStatus } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const MOUNTING = spec('Mounting a blob from another repository');

/** Checks of cross-repository mounts. */
export const MOUNTS: readonly Check[] = [
  {
    id: 'push/mount',
    title: 'a blob of another repository is mounted',
    level: 'MAY',
    group: 'push',
    ...MOUNTING,
    suffers: { clients: ['docker', 'podman', 'buildkit'], what: 'layers that the registry already has are sent again' },
    needs: ['push'],
    run: async (bench) => {
      const [from, to] = [bench.newRepository(), bench.newRepository()];
      const { digest } = await pushBlob(bench, randomContent(1024), { repository: from });
      expectStatus(await bench.post(uploadsPath(to, { mount: digest, from }), { from }), 201);
      expectStatus(await bench.head(blobPath(to, digest)), 200);
    },
  },
  {
    id: 'push/mount-location',
    title: 'the answer to a mount has the URL of the blob in Location',
    level: 'MUST',
    group: 'push',
    ...MOUNTING,
    suffers: { clients: ['oras', 'any client'], what: 'a client that reads back what it mounted finds nothing' },
    needs: ['push', 'mount'],
    run: async (bench) => {
      const [from, to] = [bench.newRepository(), bench.newRepository()];
      const { digest, bytes } = await pushBlob(bench, randomContent(1024), { repository: from });
      const answer = await bench.post(uploadsPath(to, { mount: digest, from }), { from });
      expectStatus(answer, 201);
      const read = await bench.get(answer.location());
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'push/mount-without-from',
    title: 'a blob is mounted without naming its source',
    level: 'MAY',
    group: 'push',
    ...MOUNTING,
    suffers: { clients: ['any client'], what: 'layers that the registry already has are sent again' },
    needs: ['push'],
    run: async (bench) => {
      const to = bench.newRepository();
      const { digest } = await pushBlob(bench, randomContent(1024), { repository: bench.newRepository() });
      const answer = await bench.post(uploadsPath(to, { mount: digest }));
      if (answer.status === 202) throw new SkippedCheck('the registry mounts only from named repositories');
      expectStatus(answer, 201);
      expectStatus(await bench.head(blobPath(to, digest)), 200);
    },
  },
  {
    id: 'push/mount-unknown-blob',
    title: 'if the blob cannot be mounted, an upload begins that accepts it',
    level: 'SHOULD',
    group: 'push',
    ...MOUNTING,
    suffers: {
      clients: ['docker', 'podman', 'containerd'],
      what: 'a push fails because a layer was removed elsewhere',
    },
    needs: ['push'],
    run: async (bench) => {
      const [from, to] = [bench.newRepository(), bench.newRepository()];
      await pushBlob(bench, randomContent(64), { repository: from });
      const { bytes, digest } = randomContent(1024);
      const answer = await bench.post(uploadsPath(to, { mount: digest, from }), { from });
      expectStatus(answer, 202);
      expectStatus(await finishUpload(bench, answer.location(), { digest, rest: bytes }), 201);
    },
  },
  {
    id: 'push/mount-unknown-repository',
    title: 'a mount from a repository that does not exist begins an upload',
    level: 'SHOULD',
    group: 'push',
    ...MOUNTING,
    suffers: { clients: ['docker', 'podman'], what: 'a push fails because a known repository was removed' },
    needs: ['push'],
    run: async (bench) => {
      const [from, to] = [bench.newRepository(), bench.newRepository()];
      const { digest } = randomContent(64);
      expectStatus(await bench.post(uploadsPath(to, { mount: digest, from }), { from }), 202);
    },
  },
];
