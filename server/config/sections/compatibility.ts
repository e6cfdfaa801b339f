import type { z } from 'zod';
import { flag, text } from '../engine/scalars.ts';
import { group, setting } from '../engine/schema.ts';

/** What is served for old clients. */
export interface CompatibilityConfiguration {
  /** Absent: no manifest of schema 1 is taken, and none is made. */
  readonly schema1?: {
    /** A file; absent: each process has a key of its own. */
    readonly keyFile: string | undefined;
  };
}

export const compatibility = group({
  schema1: group({
    enabled: setting(flag, {
      default: 'false',
      description:
        "accepts signed manifests of docker's first schema, and converts docker images to it for clients that are older than schema 2",
    }),
    signingkeyfile: setting(text, {
      kept: 'valued',
      description:
        'file with the private key (JWK as docker writes it, or PEM) that signs manifests which no client has signed; without it, each process creates a key',
    }),
  }),
});

export function toCompatibility({ schema1 }: z.output<typeof compatibility>): CompatibilityConfiguration {
  return schema1.enabled ? { schema1: { keyFile: schema1.signingkeyfile } } : {};
}
