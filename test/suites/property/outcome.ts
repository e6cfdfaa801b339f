import assert from 'node:assert/strict';
import { RegistryError, type RegistryErrorCode } from '../../../core/model/errors.ts';

/** The outcome of a parser: its value, or the code of its refusal. */
export type Outcome<Value> = { readonly value: Value } | { readonly refused: RegistryErrorCode };

/** Runs a parser; any error other than a RegistryError is rethrown, and fails the property. */
export function outcomeOf<Value>(parse: () => Value): Outcome<Value> {
  try {
    return { value: parse() };
  } catch (error) {
    return { refused: codeOf(error) };
  }
}

/** The same for asynchronous calls. */
export async function settled<Value>(promise: Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { refused: codeOf(error) };
  }
}

/** An error goes into a JSON answer, so it must have a JSON form, smaller than the input. */
function codeOf(error: unknown): RegistryErrorCode {
  if (!RegistryError.is(error)) throw error;
  assert.ok(JSON.stringify(error.detail).length < 20_000, 'the detail of an error is bounded');
  return error.code;
}
