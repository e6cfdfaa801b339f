import { isJsonObject } from '../../core/model/descriptor.ts';

/** The platform of an image as users write it, such as `linux/arm/v7`; `undefined` when the value names none. */
export function platformText(platform: unknown): string | undefined {
  if (!isJsonObject(platform)) return undefined;
  const parts = [platform['os'], platform['architecture'], platform['variant']].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  return parts.length === 0 ? undefined : parts.join('/');
}
