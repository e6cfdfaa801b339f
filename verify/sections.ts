const SPEC = 'https://github.com/opencontainers/distribution-spec/blob/main/spec.md';

/** A section of a document that checks refer to. */
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

/** How registries request tokens, and token servers issue them. */
export const TOKENS: Section = {
  section: 'distribution, Token Authentication Specification',
  link: 'https://distribution.github.io/distribution/spec/auth/token/',
};

/** Sources for the behaviour of clients. */
export const CLIENTS = {
  docker: { section: 'moby, distribution', link: 'https://github.com/moby/moby/tree/master/distribution' },
  containerd: {
    section: 'containerd, remotes/docker',
    link: 'https://github.com/containerd/containerd/tree/main/core/remotes/docker',
  },
  podman: { section: 'containers/image, docker', link: 'https://github.com/containers/image/tree/main/docker' },
  buildkit: {
    section: 'Docker documentation, Registry cache',
    link: 'https://docs.docker.com/build/cache/backends/registry/',
  },
  attestations: {
    section: 'Docker documentation, Image attestation storage',
    link: 'https://docs.docker.com/build/metadata/attestations/attestation-storage/',
  },
  helm: { section: 'Helm, Use OCI-based registries', link: 'https://helm.sh/docs/topics/registries/' },
  oras: {
    section: 'oras-go, registry/remote',
    link: 'https://github.com/oras-project/oras-go/tree/main/registry/remote',
  },
  cosign: {
    section: 'cosign, Signature Specifications',
    link: 'https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md',
  },
  crane: {
    section: 'go-containerregistry, remote',
    link: 'https://github.com/google/go-containerregistry/tree/main/pkg/v1/remote',
  },
} as const satisfies Readonly<Record<string, Section>>;
