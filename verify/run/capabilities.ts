import type { Bench } from '../bench/bench.ts';
import { blobPath, manifestPath, referrersPath, uploadsPath } from '../bench/paths.ts';
import type { Capability } from '../capability.ts';
import { contentOf, randomContent, unknownDigest } from '../content/content.ts';
import { pushBlob, pushImage } from '../content/set-up.ts';

/** Whether a registry has a capability, and if not, the reason as a clause. */
export type Finding = true | string;

interface Probe {
  readonly capability: Capability;
  readonly needs?: Capability;
  /** Rejects when the registry prevents the probe itself. */
  readonly find: (bench: Bench) => Promise<Finding>;
}

/** How each capability is detected. These are not checks: any other problem is reported by its own check. */
export const PROBES: readonly Probe[] = [
  {
    capability: 'push',
    find: async (bench) => {
      await pushImage(bench);
      return true;
    },
  },
  {
    capability: 'ranges',
    needs: 'push',
    find: async (bench) => {
      const { digest } = await pushBlob(bench, contentOf(Buffer.from('a range')));
      const answer = await bench.get(blobPath(bench.repository, digest), { headers: { range: 'bytes=0-0' } });
      return answer.status === 206 || `a range of a blob was answered with ${answer.status}`;
    },
  },
  {
    capability: 'referrers',
    needs: 'push',
    find: async (bench) => {
      const answer = await bench.get(referrersPath(bench.repository, unknownDigest()));
      return answer.status === 200 || `a list of referrers was answered with ${answer.status}`;
    },
  },
  {
    capability: 'mount',
    needs: 'push',
    find: async (bench) => {
      const from = bench.newRepository();
      const { digest } = await pushBlob(bench, randomContent(64), { repository: from });
      const answer = await bench.post(uploadsPath(bench.repository, { mount: digest, from }), { from });
      return answer.status === 201 || `a mount was answered with ${answer.status}`;
    },
  },
  {
    capability: 'delete-tag',
    needs: 'push',
    find: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const answer = await bench.delete(manifestPath(repository, tag));
      return answer.status === 202 || `the deletion of a tag was answered with ${answer.status}`;
    },
  },
  {
    capability: 'delete-manifest',
    needs: 'push',
    find: async (bench) => {
      const { repository, digest } = await pushImage(bench);
      const answer = await bench.delete(manifestPath(repository, digest));
      return answer.status === 202 || `the deletion of a manifest was answered with ${answer.status}`;
    },
  },
  {
    capability: 'delete-blob',
    needs: 'push',
    find: async (bench) => {
      const { digest } = await pushBlob(bench);
      const answer = await bench.delete(blobPath(bench.repository, digest));
      return answer.status === 202 || `the deletion of a blob was answered with ${answer.status}`;
    },
  },
];
