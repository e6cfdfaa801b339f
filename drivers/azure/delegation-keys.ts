import type { BlobService } from './blob-service.ts';
import { Renewed } from './renewed.ts';
import type { UserDelegationKey } from './signed-url.ts';
import { parseXml, textAt } from './xml.ts';

/** How long a key is asked for: the service allows a week. */
const LIFETIME_MS = 48 * 3_600_000;
/** A key is replaced when less is left of it, so that URLs hardly ever end with their key. */
const SPARE_MS = 3_600_000;
/** Clocks may differ by this time. */
const EARLY_MS = 60_000;

/**
 * Keys that the service gives to an account of Microsoft Entra ID for signing URLs
 * (https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key). One call serves for almost two days;
 * a key that cannot be replaced serves until it ends.
 */
export class DelegationKeys {
  readonly #service: BlobService;
  readonly #keys: Renewed<UserDelegationKey>;

  constructor(service: BlobService, now: () => number = Date.now) {
    this.#service = service;
    this.#keys = new Renewed(async () => {
      const nowMs = now();
      const value = await this.#ask(nowMs);
      return { value, renewAtMs: nowMs + LIFETIME_MS - SPARE_MS, endsAtMs: nowMs + LIFETIME_MS - EARLY_MS };
    }, now);
  }

  /** @throws StatusError 401 or 403 when the account may not have one */
  key(): Promise<UserDelegationKey> {
    return this.#keys.get();
  }

  async #ask(nowMs: number): Promise<UserDelegationKey> {
    const [start, expiry] = [nowMs - EARLY_MS, nowMs + LIFETIME_MS].map(
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
