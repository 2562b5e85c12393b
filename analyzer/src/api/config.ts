import { z } from 'zod';
import { durationSchema, sizeSchema } from '../store/units.js';

const path = z.string().min(1);

/** Configuration of this room: where the API listens and who may ask. */
export const apiConfigSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; beyond loopback a token or client certificates are needed'),
  port: z.int().min(0).max(65_535).default(8477).describe('Port to listen on; 0 for any that is free'),
  token: z
    .string()
    .min(16, 'A token has at least 16 characters')
    .regex(/^[\x21-\x7e]+$/, 'A token has printable ASCII characters and no blanks')
    .optional()
    .describe('What callers send as "authorization: Bearer TOKEN"'),
  tls: z
    .strictObject({
      cert: path.describe('File with the certificate and its chain, PEM'),
      key: path.describe('File with the private key, PEM'),
      clientCa: path
        .optional()
        .describe('File with the authorities of client certificates, PEM; callers then need one'),
    })
    .optional(),
  bodyLimit: sizeSchema.prefault('1MiB').describe('Largest request'),
  queries: z.int().min(1).max(1000).default(100).describe('Most queries in one request'),
  timeout: durationSchema.prefault('60s').describe('Longest time for one answer, waiting included'),
  streams: z.int().min(0).max(1000).default(20).describe('Most clients that follow the live totals'),
});

export type ApiConfig = z.output<typeof apiConfigSchema>;
