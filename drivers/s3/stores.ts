/** How a store differs from the others that understand the API of S3. */
export interface StoreTraits {
  /** The value of the option `store`. */
  readonly name: string;
  /** For messages and the documentation. */
  readonly title: string;
  /** The hosts of its endpoints, if they show what it is. */
  readonly hosts?: RegExp;
  /** Whether `If-Match` and `If-None-Match` of PUT are obeyed; `ask` tries it when the driver starts. */
  readonly conditionalPuts: boolean | 'ask';
  /** Whether `If-Match` of DELETE is obeyed; otherwise a HEAD precedes a DELETE that needs a condition. */
  readonly conditionalDeletes: boolean;
  /** Whether all parts of an upload but the last must have the same size. */
  readonly equalParts: boolean;
  /** The region that requests are signed for, if none is configured. */
  readonly region: string;
}

const COMPATIBLE = {
  conditionalPuts: 'ask',
  conditionalDeletes: false,
  equalParts: false,
  region: 'us-east-1',
} as const;

/** Every store that is known to differ. */
export const STORES: readonly StoreTraits[] = [
  {
    ...COMPATIBLE,
    name: 'aws',
    title: 'Amazon S3',
    hosts: /\.amazonaws\.com(?:\.cn)?$/,
    conditionalPuts: true,
    conditionalDeletes: true,
  },
  {
    ...COMPATIBLE,
    name: 'r2',
    title: 'Cloudflare R2',
    hosts: /\.r2\.cloudflarestorage\.com$/,
    conditionalPuts: true,
    equalParts: true,
    region: 'auto',
  },
  { ...COMPATIBLE, name: 'b2', title: 'Backblaze B2', hosts: /\.backblazeb2\.com$/ },
  { ...COMPATIBLE, name: 'oci', title: 'Oracle Cloud', hosts: /\.(?:oraclecloud|oci\.customer-oci)\.com$/ },
  { ...COMPATIBLE, name: 'ceph', title: 'Ceph RGW' },
  { ...COMPATIBLE, name: 'minio', title: 'MinIO' },
  // It has no consensus between its nodes by which one of two writers could be refused.
  { ...COMPATIBLE, name: 'garage', title: 'Garage', conditionalPuts: false, region: 'garage' },
];

/** Any other store. */
export const OTHER_STORE: StoreTraits = { ...COMPATIBLE, name: 'other', title: 'any other store' };

/** The names that the option `store` may have. */
export const STORE_NAMES: readonly string[] = [...STORES, OTHER_STORE].map(({ name }) => name);

/**
 * The store that the configuration means.
 * @param name the option `store`, if there is one
 * @param endpoint a URL; without one, it is Amazon's
 */
export function storeAt(name: string | undefined, endpoint: string | undefined): StoreTraits {
  const host = endpoint === undefined ? 's3.amazonaws.com' : new URL(endpoint).hostname;
  const found = STORES.find((store) => (name === undefined ? store.hosts?.test(host) === true : store.name === name));
  return found ?? OTHER_STORE;
}

/** The service, in messages. */
export function serviceOf({ name, title }: StoreTraits): string {
  return name === 'other' ? 'the S3 service' : title;
}
