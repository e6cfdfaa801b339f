import type { Access, AccessController, AccessRequest, Grant } from '../../core/ports/access-controller.ts';
import { BridgedPort } from './bridged-port.ts';

/** An access controller of contract 1. */
export interface FirstAccessController extends Partial<AsyncDisposable & Disposable> {
  authorize(
    request: Pick<AccessRequest, 'authorization'>,
    accesses: readonly Access[],
  ): Promise<{ readonly user: string | undefined }>;
}

/** Adapts an access controller of contract 1: returns its grant in the current form. */
export class BridgedAccessController extends BridgedPort<FirstAccessController> implements AccessController {
  async authorize({ authorization }: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const { user } = await this.inner.authorize({ authorization }, accesses);
    return { actor: user === undefined ? undefined : { name: user } };
  }
}
