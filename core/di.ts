import { TypedContainerModule, type TypedInject } from '@inversifyjs/strongly-typed';
import { inject as untypedInject } from 'inversify';
import type { StorageDriver } from './driver/index.ts';
import type { AccessController, Locks, Logger, TokenProvider } from './ports.ts';

export { injectable } from 'inversify';

export const ACCESS_CONTROLLER: unique symbol = Symbol.for('stowage/AccessController');
export const LOCKS: unique symbol = Symbol.for('stowage/Locks');
export const LOGGER: unique symbol = Symbol.for('stowage/Logger');
export const STORAGE_DRIVER: unique symbol = Symbol.for('stowage/StorageDriver');
export const TOKEN_PROVIDER: unique symbol = Symbol.for('stowage/TokenProvider');

/** What each token stands for; a wrong class or a wrong parameter does not compile. */
export interface Bindings {
  [ACCESS_CONTROLLER]: AccessController;
  [LOCKS]: Locks;
  [LOGGER]: Logger;
  [STORAGE_DRIVER]: StorageDriver;
  [TOKEN_PROVIDER]: TokenProvider;
}

/** Names what a constructor parameter is filled with; every injected parameter carries one. */
export const inject = untypedInject as TypedInject<Bindings>;

/** A set of bindings, checked against {@link Bindings}. */
export const BindingModule = TypedContainerModule<Bindings>;
export type BindingModule = TypedContainerModule<Bindings>;
