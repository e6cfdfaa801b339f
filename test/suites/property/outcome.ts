import assert from 'node:assert/strict';
import { RegistryError, type RegistryErrorCode } from '../../../core/model/errors.ts';

/** What a parser did: its value, or the code with which it refused. */
export type Outcome<Value> = { readonly value: Value } | { readonly refused: RegistryErrorCode };

/** Runs a parser; whatever it throws that is no RegistryError goes on, and fails the property. */
export function outcomeOf<Value>(parse: () => Value): Outcome<Value> {
  try {
    return { value: parse() };
  } catch (error) {
    return { refused: codeOf(error) };
  }
}

/** The same for what answers later. */
export async function settled<Value>(promise: Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { refused: codeOf(error) };
  }
}

/** An error goes into a JSON answer, so it must have a form there, and not as large as what was sent. */
function codeOf(error: unknown): RegistryErrorCode {
  if (!RegistryError.is(error)) throw error;
  assert.ok(JSON.stringify(error.detail).length < 20_000, 'the detail of an error is bounded');
  return error.code;
}
