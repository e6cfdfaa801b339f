import 'reflect-metadata';
import { TypedContainerModule } from '@inversifyjs/strongly-typed';
import { inject as untypedInject, optional as untypedOptional } from 'inversify';
import type { StorageDriver } from './driver/index.ts';
import type { ManifestValidation } from './manifests/manifest-validation.ts';
import type { AccessController } from './ports/access-controller.ts';
import type { Broadcast } from './ports/broadcast.ts';
import type { DescriptorCache } from './ports/descriptor-cache.ts';
import type { DriverWrapper } from './ports/driver-wrapper.ts';
import type { EventSink } from './ports/event-sink.ts';
import type { Locks } from './ports/locks.ts';
import type { Logger } from './ports/logger.ts';
import type { RegistryWrapper } from './ports/registry-wrapper.ts';
import type { RouteExtension } from './ports/route-extension.ts';
import type { TokenProvider } from './ports/token-provider.ts';
import type { Registry } from './registry/registry.ts';

export { injectable } from 'inversify';

export const ACCESS_CONTROLLER: unique symbol = Symbol.for('stowage/AccessController');
export const BROADCAST: unique symbol = Symbol.for('stowage/Broadcast');
export const DESCRIPTOR_CACHE: unique symbol = Symbol.for('stowage/DescriptorCache');
export const DRIVER_WRAPPER: unique symbol = Symbol.for('stowage/DriverWrapper');
export const EVENT_SINK: unique symbol = Symbol.for('stowage/EventSink');
export const LOCKS: unique symbol = Symbol.for('stowage/Locks');
export const LOGGER: unique symbol = Symbol.for('stowage/Logger');
export const REGISTRY: unique symbol = Symbol.for('stowage/Registry');
export const REGISTRY_WRAPPER: unique symbol = Symbol.for('stowage/RegistryWrapper');
export const ROUTE_EXTENSION: unique symbol = Symbol.for('stowage/RouteExtension');
export const STORAGE_DRIVER: unique symbol = Symbol.for('stowage/StorageDriver');
export const TOKEN_PROVIDER: unique symbol = Symbol.for('stowage/TokenProvider');
export const VALIDATION: unique symbol = Symbol.for('stowage/ManifestValidation');

/** What each token stands for: contracts and ports only. A class of core stands for itself. */
export interface Bindings {
  [ACCESS_CONTROLLER]: AccessController;
  [BROADCAST]: Broadcast;
  [DESCRIPTOR_CACHE]: DescriptorCache;
  [DRIVER_WRAPPER]: DriverWrapper;
  [EVENT_SINK]: EventSink;
  [LOCKS]: Locks;
  [LOGGER]: Logger;
  [REGISTRY]: Registry;
  [REGISTRY_WRAPPER]: RegistryWrapper;
  [ROUTE_EXTENSION]: RouteExtension;
  [STORAGE_DRIVER]: StorageDriver;
  [TOKEN_PROVIDER]: TokenProvider;
  [VALIDATION]: ManifestValidation;
}

/** The ports that plugins bring. */
export interface PortTypes {
  [ACCESS_CONTROLLER]: AccessController;
  [DESCRIPTOR_CACHE]: DescriptorCache;
  [DRIVER_WRAPPER]: DriverWrapper;
  [EVENT_SINK]: EventSink;
  [REGISTRY_WRAPPER]: RegistryWrapper;
  [ROUTE_EXTENSION]: RouteExtension;
  [TOKEN_PROVIDER]: TokenProvider;
}

/** Decorates a constructor parameter that takes `Value`; any other one does not compile. */
type ParameterOf<Value> = <Target, Index>(
  target: Target,
  key: undefined,
  index: Target extends abstract new (
    ...parameters: infer Parameters
  ) => unknown
    ? Index extends keyof Parameters
      ? [Value] extends [Parameters[Index]]
        ? Index
        : never
      : never
    : never,
) => void;

type ClassOf<Part> = abstract new (...parameters: never[]) => Part;

/** Names what a constructor parameter is filled with: a token, or a class of core. Every parameter carries one. */
export function inject<Token extends keyof Bindings>(token: Token): ParameterOf<Bindings[Token]>;
export function inject<Part>(part: ClassOf<Part>): ParameterOf<Part>;
export function inject(identifier: symbol | ClassOf<unknown>): unknown {
  return untypedInject(identifier);
}

/** Like {@link inject}; the parameter is `undefined` where nothing is bound. */
export function injectOptional<Token extends keyof Bindings>(token: Token): ParameterOf<Bindings[Token] | undefined> {
  const [fill, allowAbsent] = [untypedInject(token), untypedOptional()] as ParameterDecorator[];
  return ((target: object, key: undefined, index: number) => {
    fill?.(target, key, index);
    allowAbsent?.(target, key, index);
  }) as ParameterOf<Bindings[Token] | undefined>;
}

/** A set of bindings, checked against {@link Bindings}. */
export const BindingModule = TypedContainerModule<Bindings>;
export type BindingModule = TypedContainerModule<Bindings>;
