import type { Descriptor } from './descriptor.ts';

const texts = new WeakMap<Descriptor, string>();

/** A descriptor as JSON. The text is cached for as long as the object lives, so the object must not change. */
export function descriptorText(descriptor: Descriptor): string {
  const known = texts.get(descriptor);
  if (known !== undefined) return known;
  const text = JSON.stringify(descriptor);
  texts.set(descriptor, text);
  return text;
}
