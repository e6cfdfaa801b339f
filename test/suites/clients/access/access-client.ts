import type { ExecutionContext } from 'ava';
import type { TestCertificate } from '../../../helpers/http/certificates.ts';
import type { Outcome } from '../commands.ts';
import type { User } from '../registry.ts';

/** A registry that a client is tried on. */
export interface AccessServer {
  /** How the names of its images begin. */
  readonly host: string;
  /** What a client needs for TLS; absent for plain HTTP. */
  readonly tls?: ServerTls;
  /** A user who may do everything. Absent where TLS alone decides. */
  readonly user?: User;
  /** Whether everybody may pull `public/**`. */
  readonly isPublic: boolean;
}

/** What a client needs for TLS. */
export interface ServerTls {
  /** The private authority of the server's certificate, in PEM. */
  readonly authorityFile: string;
  /** The client's own certificate. */
  readonly client?: TestCertificate;
}

/** A client without credentials that has one image, or another artifact, to push. */
export interface AccessClient {
  /** Identifies what it pushes. */
  readonly artifact: string;
  login(user: User): Promise<Outcome>;
  logout(): Promise<Outcome>;
  /** Pushes its artifact. @param name repository and tag, such as `team/app:1.0.0` */
  push(name: string): Promise<Outcome>;
  /** Pulls an artifact, of which it has nothing before. */
  pull(name: string): Promise<Outcome>;
  /** Identifies what it has pulled. */
  pulled(): Promise<string>;
}

/** A program that pushes and pulls. */
export interface ClientKind {
  readonly name: string;
  /** The Debian package of each of its commands. */
  readonly packages?: Readonly<Record<string, string>>;
  /** What `go install` takes, for a program that Debian does not have. */
  readonly goModule?: string;
  /** Whether it can show a certificate of its own. */
  readonly hasCertificates: boolean;
  /** @param server the one that it is set up for, as its documentation says */
  readonly open: (t: ExecutionContext, server: AccessServer) => Promise<AccessClient>;
}
