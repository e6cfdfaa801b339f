import { BindingModule, type PortTypes } from '../../core/di.ts';

/** A binding module that makes `value` the port that `token` stands for. */
export function bindPort<Token extends keyof PortTypes>(token: Token, value: PortTypes[Token]): BindingModule {
  return new BindingModule(({ bind }) => {
    // The signature above has checked what the types of the container cannot follow.
    bind(token).toConstantValue(value as never);
  });
}
