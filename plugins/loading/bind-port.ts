import { BindingModule, type PortTypes } from '../../core/di.ts';

/** A binding module that binds `value` to the port of `token`. */
export function bindPort<Token extends keyof PortTypes>(token: Token, value: PortTypes[Token]): BindingModule {
  return new BindingModule(({ bind }) => {
    // The signature has checked the type, which the container's own types cannot express.
    bind(token).toConstantValue(value as never);
  });
}
