import type { DriverFigures } from '../../core/ports/driver-figures.ts';
import { exposition } from './exposition.ts';
import { HttpFigures } from './http-metrics.ts';
import type { Family } from './metric-family.ts';
import { processFamilies, startTimeFamily } from './process-metrics.ts';
import { storageFamilies } from './storage-metrics.ts';

/** What the debug server shows of a registry's work. */
export interface Metrics {
  /** Where it shows it. */
  readonly path: string;
  /** Counts the requests of this process. */
  readonly http: HttpFigures;
  /** Everything that was counted until now, in all processes, in the text format of Prometheus. */
  readonly text: () => Promise<string>;
}

/** Where several processes serve: lets the primary process read what is counted here; gives how to ask it for the sum. */
export type ShareFigures = (own: () => Family[]) => () => Promise<string>;

/** What metrics are made of. */
export interface CountedParts {
  readonly driver: { readonly name: string };
  readonly figures: DriverFigures;
  /** Absent: this process is alone. */
  readonly share: ShareFigures | undefined;
}

/** Puts everything together that is counted in this process. */
export function createMetrics(path: string, { driver, figures, share }: CountedParts): Metrics {
  const http = new HttpFigures();
  const own = (): Family[] => [...http.families(), ...storageFamilies(figures, driver.name), ...processFamilies()];
  const text = share?.(own) ?? (async () => exposition([...own(), startTimeFamily()]));
  return { path, http, text };
}
