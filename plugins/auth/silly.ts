import { z } from 'zod';
import { ACCESS_CONTROLLER, BindingModule } from '../../core/di.ts';
import { UnauthorizedError } from '../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../core/ports/access-controller.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../plugin.ts';
import { formatChallenge, HeaderText } from './challenge.ts';

const SillyOptions = z.strictObject({
  realm: HeaderText.meta({ public: true }),
  service: HeaderText.meta({ public: true }),
});

/** Admits every request with an `Authorization` header, whatever its value. Only for testing clients. */
export class SillyAccess implements AccessController {
  readonly #realm: string;
  readonly #service: string;

  constructor({ realm, service }: z.infer<typeof SillyOptions>) {
    this.#realm = realm;
    this.#service = service;
  }

  /** @throws UnauthorizedError whose challenge names every access, when the header is missing */
  async authorize(
    { authorization }: Pick<AccessRequest, 'authorization'>,
    accesses: readonly Access[],
  ): Promise<Grant> {
    if (authorization !== undefined && authorization !== '') return { actor: { name: 'silly' } };
    const scope = accesses.map(({ type, name, action }) => `${type}:${name}:${action}`).join(' ');
    const parameters = { realm: this.#realm, service: this.#service, ...(scope === '' ? {} : { scope }) };
    throw new UnauthorizedError(formatChallenge('Bearer', parameters), { reason: 'no Authorization header' });
  }
}

/** `auth: {silly: {realm, service}}`. */
export default definePlugin({
  kind: 'access-controller',
  name: 'silly',
  contract: PLUGIN_CONTRACT,
  options: SillyOptions,
  module: (options) =>
    new BindingModule(({ bind }) => void bind(ACCESS_CONTROLLER).toConstantValue(new SillyAccess(options))),
});
