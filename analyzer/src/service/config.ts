import { hostname } from 'node:os';
import { z } from 'zod';
import { apiConfigSchema } from '../api/index.js';
import { dedupModes } from '../decode/index.js';
import { feedConfigSchema, findingsConfigSchema } from '../diagnose/index.js';
import { enrichConfigSchema } from '../enrich/index.js';
import { defaultRecent } from '../pipeline/index.js';
import { queryConfigSchema } from '../query/index.js';
import { storeConfigSchema } from '../store/index.js';
import { sizeSchema } from '../store/units.js';

const mebibyte = 1024 ** 2;

/** One place that packets come from. */
export const captureSchema = z
  .strictObject({
    interface: z.string().min(1).max(15).optional().describe('Network interface to capture on'),
    read: z
      .string()
      .min(1)
      .optional()
      .describe('Instead of an interface: a named pipe or file in capture format, or "-" for standard input'),
    filter: z
      .string()
      .min(1)
      .default('default')
      .describe('Kernel packet filter: "default" (TCP and the tunnels that carry it), "none", or a tcpdump expression'),
    snap: z.int().min(64).max(65_535).default(256).describe('Bytes kept of a packet; headers are enough'),
    ring: sizeSchema
      .refine((bytes) => bytes >= 2 * mebibyte && bytes <= 4096 * mebibyte, 'A ring has between 2MiB and 4GiB')
      .prefault('64MiB')
      .describe('Memory shared with the kernel, for each worker'),
    promiscuous: z.boolean().default(true).describe('Take packets for other machines too; a mirror port needs it'),
    workers: z.int().min(1).max(64).default(1).describe('Threads that share the interface'),
  })
  .refine((capture) => (capture.interface === undefined) !== (capture.read === undefined), {
    message: 'A capture names either an interface or, with "read", a stream; not both',
  })
  .refine((capture) => capture.read === undefined || capture.filter === 'default', {
    message: 'A stream has no packet filter; give it to the program that writes the packets',
    path: ['filter'],
  })
  .refine((capture) => capture.read === undefined || capture.workers === 1, {
    message: 'A stream is followed by one worker',
    path: ['workers'],
  });

/** Two captures of one interface would count every packet twice, and two readers of a stream would tear it. */
const differentCaptures = (captures: ReadonlyArray<z.output<typeof captureSchema>>, context: z.core.$RefinementCtx) => {
  const names = captures.map(({ interface: name, read }) => (read === undefined ? `interface ${name}` : `"${read}"`));
  names.forEach((name, at) => {
    if (names.indexOf(name) < at) {
      context.addIssue({ code: 'custom', path: [at], message: `The ${name} is captured already, and once is enough` });
    }
  });
};

/** Everything that can be configured, with the meaning of each key; docs/configuration.md is made from it. */
export const serviceConfigSchema = z.strictObject({
  probe: z
    .string()
    .min(1)
    .max(64)
    .default(() => hostname())
    .describe('Name of this analyzer in its rows (field `probe`); the name of the host when left out'),
  capture: z
    .array(captureSchema)
    .superRefine(differentCaptures)
    .default([])
    .describe('Where packets come from; the interface of the default route when left out'),
  connections: z
    .int()
    .min(1024)
    .max(1 << 24)
    .default(1 << 20)
    .describe('Most connections followed at once by a worker; the memory for them is taken as they come'),
  serverPorts: z
    .array(z.int().min(1).max(65_535))
    .default([])
    .describe('Ports that are servers wherever the beginning of a connection was not seen'),
  recent: z
    .strictObject({
      packets: z
        .int()
        .min(0)
        .max(1 << 24)
        .default(defaultRecent.packets)
        .describe(
          'Headers of the last packets that each worker remembers, so that a connection that ends badly keeps its own; ' +
            '32 bytes each, 0 for none'
        ),
      each: z
        .int()
        .min(4)
        .max(256)
        .default(defaultRecent.each)
        .describe('Packets kept with a connection; as many again from behind its first RST'),
      connections: z
        .int()
        .min(1)
        .max(4096)
        .default(defaultRecent.connections)
        .describe('Connections in 10 s whose packets are kept, for each worker'),
      alike: z
        .int()
        .min(1)
        .max(4096)
        .default(defaultRecent.alike)
        .describe('Of these, connections of one server port that ended the same way'),
    })
    .prefault({})
    .describe('Packets kept with connections that end badly'),
  dedup: z
    .enum(dedupModes)
    .default('auto')
    .describe(
      'Packets that a mirror port or "any" device delivers more than once: "off" counts them all, "auto" leaves out what is ' +
        'proved to be a copy, "on" also what only looks like one'
    ),
  separateVlans: z
    .boolean()
    .default(false)
    .describe(
      'The same addresses and ports in another VLAN are another connection; wrong where one direction is tagged'
    ),
  ...enrichConfigSchema.shape,
  findings: findingsConfigSchema.prefault({}).describe('When groups of connections are reported as a finding'),
  feed: feedConfigSchema.prefault({}).describe('When a minute of a capture is too poor to say why connections ended'),
  store: storeConfigSchema.prefault({}),
  query: queryConfigSchema.prefault({}),
  api: apiConfigSchema.prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least important that is said'),
    })
    .prefault({}),
});

/** What the configuration says about how packets become connections; the same for captures, imports and reports. */
export function flowOf({ connections, serverPorts, dedup, separateVlans }: ServiceConfig) {
  return { maxConnections: connections, serverPorts, dedup, separateVlans };
}

export type CaptureConfig = z.output<typeof captureSchema>;
export type ServiceConfig = z.output<typeof serviceConfigSchema>;
/** Configuration as it is written down. */
export type ServiceConfigInput = z.input<typeof serviceConfigSchema>;
