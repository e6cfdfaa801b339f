import { errorMessage } from '../../core/api/error-descriptors.ts';
import { RegistryError } from '../../core/model/errors.ts';

/** Gives errors of the registry the message that a client would see. */
export async function forPeople<Result>(doing: Promise<Result>): Promise<Result> {
  try {
    return await doing;
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    throw new Error(errorMessage(error), { cause: error });
  }
}
