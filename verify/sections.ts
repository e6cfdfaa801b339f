const SPEC = 'https://github.com/opencontainers/distribution-spec/blob/main/spec.md';

/** A place in a document, as checks name it. */
export interface Section {
  readonly section: string;
  readonly link: string;
}

/** A section of the distribution-spec by its heading. */
export function spec(section: string): Section {
  const anchor = section
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
  return { section: `distribution-spec, ${section}`, link: `${SPEC}#${anchor}` };
}

/** A section of an RFC. */
export function rfc(number: number, section: string): Section {
  return {
    section: `RFC ${number}, section ${section}`,
    link: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`,
  };
}
