import type { z } from 'zod';
import { flag } from '../engine/scalars.ts';
import { group, setting } from '../engine/schema.ts';

/** Whether the admin API is served. */
export interface AdminConfiguration {
  /** Absent: it is served where `authorization` says who is an administrator. */
  readonly isEnabled?: boolean;
}

export const admin = group(
  {
    enabled: setting(flag, {
      kept: 'valued',
      reloads: true,
      description:
        'serves the admin API below `/v2/_ext/admin/`. By default it is served if there is an `authorization`, to those whom its rules allow `admin`; without one, `true` makes every client that `auth` lets in an administrator',
    }),
  },
  { guarded: true },
);

/** Leaves out what the file does not say. */
export function toAdmin({ enabled }: z.output<typeof admin>): AdminConfiguration {
  return enabled === undefined ? {} : { isEnabled: enabled };
}
