/**
 * Disposes a driver that a plugin returned after loading it was given up: no caller would do it. What that throws has no
 * reader, because the start has failed for another reason.
 */
export async function disposeLate(driver: unknown): Promise<void> {
  try {
    if (typeof driver !== 'object' || driver === null || !(Symbol.asyncDispose in driver)) return;
    await (driver as AsyncDisposable)[Symbol.asyncDispose]();
  } catch {
    // See above.
  }
}
