import type { Descriptor } from './descriptor.ts';

const texts = new WeakMap<Descriptor, string>();

/** A descriptor as JSON. The text stays in memory as long as the object. Nobody changes the object. */
export function descriptorText(descriptor: Descriptor): string {
  const known = texts.get(descriptor);
  if (known !== undefined) return known;
  const text = JSON.stringify(descriptor);
  texts.set(descriptor, text);
  return text;
}
