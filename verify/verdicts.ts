import type { Exchange } from './bench/exchange.ts';

/** A registry has broken the rule of a check. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
  /** The answer that breaks it, if there is one. */
  readonly exchange: Exchange | undefined;

  /** @param message what was expected and what arrived, as a clause: `the status is 500, not 201` */
  constructor(message: string, exchange?: Exchange) {
    super(message);
    this.exchange = exchange;
  }
}

/** A check does not apply. */
export class SkippedCheck extends Error {
  override readonly name = 'SkippedCheck';

  /** @param reason as a clause: `the registry does not support single-request pushes` */
  constructor(reason: string) {
    super(reason);
  }
}

/** What a check needs could not be prepared, so that nothing is known of its rule. */
export class BlockedCheck extends Error {
  override readonly name = 'BlockedCheck';
  readonly exchange: Exchange | undefined;

  constructor(message: string, exchange?: Exchange) {
    super(message);
    this.exchange = exchange;
  }
}
