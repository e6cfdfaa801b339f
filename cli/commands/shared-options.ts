import type { CommandOptions } from '../command.ts';

/** Of commands that can say what they would do. */
export const DRY_RUN = {
  'dry-run': { type: 'boolean', short: 'd', description: 'only report what it would change' },
} as const satisfies CommandOptions;

/** Of commands that print what they do. */
export const QUIET = {
  quiet: { type: 'boolean', short: 'q', description: 'print nothing unless it fails' },
} as const satisfies CommandOptions;

/** Of commands that talk to a registry. */
export const CONNECTION = {
  'plain-http': {
    type: 'boolean',
    description: 'use plain HTTP; for one registry only, and not needed for loopback addresses',
  },
  insecure: {
    type: 'string',
    multiple: true,
    value: 'host',
    description: 'do not verify the certificate of this host, and fall back to plain HTTP',
    completes: 'none',
  },
  'ca-file': {
    type: 'string',
    value: 'file',
    description: 'trust these certificates in addition to those of the system (PEM)',
    completes: 'file',
  },
  'cert-file': {
    type: 'string',
    value: 'file',
    description: 'a client certificate (PEM), for one registry',
    completes: 'file',
  },
  'key-file': { type: 'string', value: 'file', description: 'its key (PEM)', completes: 'file' },
  authfile: {
    type: 'string',
    value: 'file',
    description: 'read credentials from this file instead of those of docker and podman',
    completes: 'file',
  },
} as const satisfies CommandOptions;

/** Of commands whose results programs read. */
export const JSON_OUTPUT = {
  json: { type: 'boolean', description: 'print the result as JSON' },
} as const satisfies CommandOptions;

/** Of commands that move images. */
export const TRANSFER = {
  ...CONNECTION,
  ...DRY_RUN,
  platform: {
    type: 'string',
    multiple: true,
    value: 'os/arch',
    description: 'only this platform of a multi-platform image, such as linux/arm64 or linux/arm/v7; repeatable',
    completes: ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'windows/amd64'],
  },
  index: {
    type: 'string',
    value: 'how',
    description:
      'with --platform: "image" copies the image alone (default for one platform), "sparse" keeps the index unchanged although images are missing (default for several), "rewrite" makes a new index with another digest',
    completes: ['image', 'sparse', 'rewrite'],
  },
  referrers: { type: 'boolean', description: 'also copy what refers to the image: signatures, SBOMs, attestations' },
  window: {
    type: 'string',
    value: 'n',
    description: 'maximum number of blobs in flight (1 to 64, default 4)',
    completes: 'none',
  },
  retries: {
    type: 'string',
    value: 'n',
    description: 'how often an interrupted transfer is resumed without making progress (default 3)',
    completes: 'none',
  },
  quiet: { type: 'boolean', short: 'q', description: 'show no progress' },
  json: {
    type: 'boolean',
    description: 'show progress as lines of JSON on standard error, and print the result as JSON',
  },
} as const satisfies CommandOptions;

/** Of commands that look at one image of an index. */
export const ONE_PLATFORM = {
  platform: { ...TRANSFER.platform, description: 'the platform of a multi-platform image, such as linux/arm64' },
} as const satisfies CommandOptions;
