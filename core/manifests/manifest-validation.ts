/** Matches the texts of URLs in manifests; must take time in proportion to the text. */
export interface UrlPattern {
  test(text: string): boolean;
}

/** What manifests must fulfil before they are stored. */
export interface ManifestValidation {
  /** Whether the content that a manifest names must be there. */
  readonly enabled: boolean;
  /** Patterns of URLs from which external layers may come; none at all allows every http(s) URL. */
  readonly urls: { readonly allow: readonly UrlPattern[]; readonly deny: readonly UrlPattern[] };
  /** Which children of an index must be there; for `list`, those of the platforms named. */
  readonly indexes: {
    readonly platforms: 'all' | 'none' | 'list';
    readonly platformList: ReadonlyArray<{ readonly architecture: string; readonly os: string }>;
  };
}
