/** Matches URLs in manifests; must run in time linear in the text. */
export interface UrlPattern {
  test(text: string): boolean;
}

/** The conditions that manifests must meet before they are stored. */
export interface ManifestValidation {
  /** Whether the content that a manifest names must exist. */
  readonly enabled: boolean;
  /** Patterns of URLs from which external layers may come; without any pattern, every http(s) URL is allowed. */
  readonly urls: { readonly allow: readonly UrlPattern[]; readonly deny: readonly UrlPattern[] };
  /** Which children of an index must exist; for `list`, those of the given platforms. */
  readonly indexes: {
    readonly platforms: 'all' | 'none' | 'list';
    readonly platformList: ReadonlyArray<{ readonly architecture: string; readonly os: string }>;
  };
}
