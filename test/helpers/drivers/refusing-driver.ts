import { DriverError, type DriverErrorCode } from '../../../core/driver/index.ts';
import { type CallSite, DriverWrapper } from './driver-wrapper.ts';

/** Refuses calls, for as long as a test wants it. */
export class RefusingDriver extends DriverWrapper {
  #code: DriverErrorCode = 'denied';
  #isRefused: (site: CallSite) => boolean = () => false;

  /** Every call that matches fails from now on, without effect. */
  refuse(code: DriverErrorCode, isRefused: (site: CallSite) => boolean): void {
    this.#code = code;
    this.#isRefused = isRefused;
  }

  /** Refuses nothing from now on. */
  heal(): void {
    this.#isRefused = () => false;
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (!this.#isRefused(site)) return action();
    throw new DriverError(this.#code, { path: site.path, cause: new Error('refused by the test') });
  }
}
