import type { BlobService } from './blob-service.ts';
import type { UserDelegationKey } from './signed-url.ts';
import { parseXml, textAt } from './xml.ts';

/** How long a key is asked for: the service allows a week. */
const LIFETIME_MS = 48 * 3_600_000;
/** A key is replaced when less is left of it, so that no URL outlives its key. */
const SPARE_MS = 3_600_000;
/** Clocks may differ by this time. */
const EARLY_MS = 60_000;

/**
 * Keys that the service gives to an account of Microsoft Entra ID for signing URLs
 * (https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key). One call serves for almost two days.
 */
export class DelegationKeys {
  readonly #service: BlobService;
  #current: { readonly key: Promise<UserDelegationKey>; readonly untilMs: number } | undefined;

  constructor(service: BlobService) {
    this.#service = service;
  }

  /** @throws StatusError 403 when the account may not have one */
  async key(signal?: AbortSignal): Promise<UserDelegationKey> {
    const now = Date.now();
    if (this.#current !== undefined && now < this.#current.untilMs) return this.#current.key;
    const key = this.#ask(now, signal);
    const current = { key, untilMs: now + LIFETIME_MS - SPARE_MS };
    this.#current = current;
    try {
      return await key;
    } catch (error) {
      if (this.#current === current) this.#current = undefined;
      throw error;
    }
  }

  async #ask(now: number, signal: AbortSignal | undefined): Promise<UserDelegationKey> {
    const [start, expiry] = [now - EARLY_MS, now + LIFETIME_MS].map(
      (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`,
    );
    const answer = await this.#service.call({
      method: 'POST',
      query: { restype: 'service', comp: 'userdelegationkey' },
      body: [
        Buffer.from(
          `<?xml version="1.0" encoding="utf-8"?><KeyInfo><Start>${start}</Start><Expiry>${expiry}</Expiry></KeyInfo>`,
        ),
      ],
      isOfAccount: true,
      signal,
    });
    const root = parseXml(answer.body);
    return {
      objectId: textAt(root, 'SignedOid'),
      tenantId: textAt(root, 'SignedTid'),
      start: textAt(root, 'SignedStart'),
      expiry: textAt(root, 'SignedExpiry'),
      service: textAt(root, 'SignedService'),
      version: textAt(root, 'SignedVersion'),
      key: Buffer.from(textAt(root, 'Value'), 'base64'),
    };
  }
}
