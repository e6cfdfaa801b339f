import { RE2JS } from 're2js';
import type { z } from 'zod';
import type { UrlPattern } from '../../../core/manifests/manifest-validation.ts';
import { flag, oneOf, text, unexpected } from '../engine/scalars.ts';
import { group, listOf, type Schema, scalar, section, setting } from '../engine/schema.ts';
import { OF_GITLAB, removed } from './foreign.ts';

/** What a manifest must fulfil to be taken. */
export interface ValidationConfiguration {
  readonly enabled: boolean;
  /** With both lists empty every http(s) URL is allowed. */
  readonly urls: { readonly allow: readonly UrlPattern[]; readonly deny: readonly UrlPattern[] };
  readonly indexes: {
    readonly platforms: 'all' | 'none' | 'list';
    /** The platforms that `list` means. */
    readonly platformList: readonly { readonly architecture: string; readonly os: string }[];
  };
}

/**
 * A regular expression in the syntax and with the meaning of Go. The time that it takes grows in proportion to the
 * text, whatever the pattern: an operator wrote the pattern, but clients write the texts.
 */
export class GoRegExp {
  /** The pattern as it was written. */
  readonly source: string;
  readonly #expression: RE2JS;

  /** @throws Error when Go would not compile it */
  constructor(source: string) {
    this.source = source;
    this.#expression = RE2JS.compile(source);
  }

  /** Whether the pattern matches a part of `text`. */
  test(text: string): boolean {
    return this.#expression.test(text);
  }
}

const goRegExp: Schema<GoRegExp> = scalar('regular expression', (node) => {
  try {
    return new GoRegExp(node.text);
  } catch {
    throw unexpected(node, 'a regular expression as Go reads it');
  }
});

const patterns = (description: string): Schema<GoRegExp[]> =>
  setting(listOf(goRegExp), { default: '[]', kept: 'valued', description });

export const validation = group(
  {
    disabled: setting(flag, { default: 'false', description: 'accepts manifests without the checks below' }),
    enabled: setting(flag, {
      default: 'false',
      deprecated: 'validation.disabled',
      description: 'old opposite of `validation.disabled`; `true` takes precedence',
    }),
    manifests: group({
      referencelimit: removed('of GitLab', OF_GITLAB),
      payloadsizelimit: removed(
        'of GitLab',
        "has no effect: it is of GitLab's registry; the key here is http.maxmanifestsize",
      ),
      urls: group({
        allow: patterns(
          'URLs of foreign layers must match one of these; with both lists empty every http(s) URL is allowed',
        ),
        deny: patterns('URLs of foreign layers must match none of these'),
      }),
      indexes: group({
        platforms: setting(oneOf('all', 'none', 'list'), {
          default: 'all',
          description: 'which images of an index must exist',
        }),
        platformlist: setting(
          listOf(
            section({
              architecture: setting(text, { default: '""', description: 'for example `amd64`' }),
              os: setting(text, { default: '""', description: 'for example `linux`' }),
            }),
          ),
          { default: '[]', description: 'the platforms meant by `list`' },
        ),
      }),
    }),
  },
  { guarded: true },
);

export function toValidation({ enabled, disabled, manifests }: z.output<typeof validation>): ValidationConfiguration {
  const { urls, indexes } = manifests;
  return {
    enabled: enabled || !disabled,
    urls,
    indexes: { platforms: indexes.platforms, platformList: indexes.platformlist },
  };
}
