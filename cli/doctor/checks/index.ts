import type { DoctorCheck } from '../check.ts';
import { configuration } from './configuration.ts';
import { driverClaims } from './driver-claims.ts';
import { httpSecret } from './http-secret.ts';
import { instances } from './instances.ts';
import { issuerClocks } from './issuer-clocks.ts';
import { publicAddress } from './public-address.ts';
import { publicTls } from './public-tls.ts';
import { publicUploads } from './public-uploads.ts';
import { redis } from './redis.ts';
import { secretFiles } from './secret-files.ts';
import { start } from './start.ts';
import { storage } from './storage.ts';
import { storageClock } from './storage-clock.ts';
import { storagePlace } from './storage-place.ts';
import { storageSpeed } from './storage-speed.ts';
import { tlsFiles } from './tls-files.ts';

/** Every check, in the order of the output. */
export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  configuration,
  start,
  httpSecret,
  secretFiles,
  storage,
  storagePlace,
  storageSpeed,
  storageClock,
  driverClaims,
  instances,
  redis,
  issuerClocks,
  tlsFiles,
  publicAddress,
  publicTls,
  publicUploads,
];
