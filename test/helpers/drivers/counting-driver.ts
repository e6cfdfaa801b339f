import type { DriverCall } from '../../../core/driver/index.ts';
import { type CallSite, DriverWrapper, looksForCollections } from './driver-wrapper.ts';

/** Records every call. */
export class CountingDriver extends DriverWrapper {
  readonly #sites: CallSite[] = [];

  /** The calls since the last reset, in the order in which they began. */
  get sites(): readonly CallSite[] {
    return this.#sites;
  }

  /** How many calls there were since the last reset, of one kind or of all. */
  count(call?: DriverCall): number {
    return this.#sites.filter((site) => call === undefined || site.call === call).length;
  }

  reset(): void {
    this.#sites.length = 0;
  }

  protected override around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (!looksForCollections(site)) this.#sites.push(site);
    return action();
  }
}
