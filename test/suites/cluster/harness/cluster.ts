import type { ExecutionContext } from 'ava';
import { FAST_DISK, tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';
import { RedisServer } from '../../../helpers/processes/redis-server.ts';
import { Balancer } from './balancer.ts';
import { Instance } from './instance.ts';

type Section = Readonly<Record<string, unknown>>;

const SECRET = 'the same in every instance';

/** The parts of a cluster; by default three instances on one folder, behind nginx, without Redis. */
export interface ClusterOptions {
  readonly instances?: number;
  /** The section of the driver; by default a folder that all share. */
  readonly storage?: Section;
  readonly balancer?: 'nginx' | 'haproxy';
  /** Picks instances at random instead of in turn. */
  readonly isRandom?: boolean;
  /** Tokens, locks and descriptors go through a Redis of the cluster's own. */
  readonly hasRedis?: boolean;
  /** How far the clock of each instance is ahead, in milliseconds. */
  readonly clockShiftsMs?: readonly number[];
  readonly http?: Section;
}

/** The settings of a single instance that differ. */
export interface AsideOptions {
  /** The section `storage.maintenance`. */
  readonly maintenance?: Section;
  readonly clockShiftMs?: number;
}

/** Several instances that serve one registry. */
export interface Cluster {
  readonly folder: string;
  /** The folder of the content, when the storage is one. */
  readonly root: string;
  readonly instances: readonly Instance[];
  readonly balancer: Balancer;
  readonly redis: RedisServer | undefined;
  /** Starts one more instance, unknown to the balancer. */
  startAside(name: string, options?: AsideOptions): Promise<Instance>;
}

/** Starts a cluster on ports and in a folder of its own; all of it ends with the test. */
export async function startCluster(t: ExecutionContext, options: ClusterOptions = {}): Promise<Cluster> {
  const { instances: count = 3, balancer: kind = 'nginx', isRandom, clockShiftsMs = [] } = options;
  const folder = await tempRoot(t, FAST_DISK);
  const root = `${folder}/root`;
  const redis = options.hasRedis === true ? await RedisServer.start(t) : undefined;
  const configuration = configurationOf(options, { root, redis });
  const startOne = async (index: number): Promise<Instance> => {
    const name = `instance-${index + 1}`;
    return Instance.start(t, {
      name,
      folder,
      port: await freePort(),
      configuration,
      clockShiftMs: clockShiftsMs[index],
    });
  };
  const instances = await Promise.all(Array.from({ length: count }, (_, index) => startOne(index)));
  const balancer = await Balancer.start(t, { kind, folder, ports: instances.map(({ port }) => port), isRandom });
  return {
    folder,
    root,
    instances,
    balancer,
    redis,
    startAside: async (name, { maintenance = {}, clockShiftMs } = {}) =>
      Instance.start(t, {
        name,
        folder,
        port: await freePort(),
        clockShiftMs,
        configuration: { ...configuration, storage: { ...configuration.storage, maintenance } },
      }),
  };
}

function configurationOf(
  { storage, http }: ClusterOptions,
  { root, redis }: { root: string; redis: RedisServer | undefined },
) {
  const driver = storage ?? { filesystem: { rootdirectory: root } };
  const cache = redis === undefined ? {} : { cache: { blobdescriptor: 'redis' } };
  return {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { ...driver, ...cache, delete: { enabled: true } },
    http: {
      secret: SECRET,
      workers: 2,
      draintimeout: '20s',
      ...(redis === undefined ? {} : { tokenprovider: 'redis' }),
      ...http,
    },
    ...(redis === undefined ? {} : { redis: { addrs: [`127.0.0.1:${redis.port}`] } }),
  };
}
