/** A check cannot tell; its message says why. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}
