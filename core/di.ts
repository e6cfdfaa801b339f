import 'reflect-metadata';
import { TypedContainerModule } from '@inversifyjs/strongly-typed';
import { inject as untypedInject, optional as untypedOptional } from 'inversify';
import type { StorageDriver } from './driver/index.ts';
import type { ManifestValidation } from './manifests/manifest-validation.ts';
import type { Broadcast } from './ports/broadcast.ts';
import type { PluginKinds } from './ports/index.ts';
import type { Locks } from './ports/locks.ts';
import type { Logger } from './ports/logger.ts';
import type { Registry } from './registry/registry.ts';
import type { MoveRecorder } from './tag-history/tag-move.ts';
import type { KeptDeletions } from './trash/kept-deletions.ts';

export { injectable } from 'inversify';
export * from './ports/index.ts';

export const BROADCAST: unique symbol = Symbol.for('stowage/Broadcast');
export const LOCKS: unique symbol = Symbol.for('stowage/Locks');
export const LOGGER: unique symbol = Symbol.for('stowage/Logger');
export const REGISTRY: unique symbol = Symbol.for('stowage/Registry');
export const STORAGE_DRIVER: unique symbol = Symbol.for('stowage/StorageDriver');
export const TAG_HISTORY: unique symbol = Symbol.for('stowage/TagHistory');
export const TRASH: unique symbol = Symbol.for('stowage/Trash');
export const VALIDATION: unique symbol = Symbol.for('stowage/ManifestValidation');

/** The type behind each token: contracts and ports only. A class of core is its own token. */
export interface Bindings extends PortTypes {
  [BROADCAST]: Broadcast;
  [LOCKS]: Locks;
  [LOGGER]: Logger;
  [REGISTRY]: Registry;
  [STORAGE_DRIVER]: StorageDriver;
  /** Bound only where moves of tags are recorded. */
  [TAG_HISTORY]: MoveRecorder;
  /** Bound only where deletions are kept. */
  [TRASH]: KeptDeletions;
  [VALIDATION]: ManifestValidation;
}

/** The ports that plugins implement, by token. */
export type PortTypes = {
  [Kind in keyof PluginKinds as PluginKinds[Kind]['token']]: PluginKinds[Kind]['port'];
};

/** Decorates a constructor parameter of type `Value`; on a parameter of another type it does not compile. */
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

/** Names what is injected into a constructor parameter: a token or a class of core. Every parameter carries one. */
export function inject<Token extends keyof Bindings>(token: Token): ParameterOf<Bindings[Token]>;
export function inject<Part>(part: ClassOf<Part>): ParameterOf<Part>;
export function inject(identifier: symbol | ClassOf<unknown>): unknown {
  return untypedInject(identifier);
}

/** Like {@link inject}; the parameter is `undefined` if nothing is bound. */
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
