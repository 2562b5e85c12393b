import { z } from 'zod';
import { parseRange } from './address.js';
import { parseNumberRange } from './ranges.js';

const range = (what: string, max: number) =>
  z.union([z.number().int().nonnegative(), z.string()]).superRefine((value, context) => {
    const parsed = parseNumberRange(value, what, max);
    if (typeof parsed === 'string') {
      context.addIssue({ code: 'custom', message: parsed });
    }
  });

const subnet = z.string().superRefine((value, context) => {
  const parsed = parseRange(value);
  if (typeof parsed === 'string') {
    context.addIssue({ code: 'custom', message: parsed });
  }
});

/** A place in the tree of zones: `/Paris/Servers`. */
const zonePath = z
  .string()
  .regex(/^(\/[^/]+)+$/, 'A zone is a path such as "/Paris/Servers": it begins with "/" and has no empty part')
  .max(200, 'A zone path has at most 200 characters');

export const zoneConfigSchema = z.strictObject({
  name: zonePath.describe('Path of the zone, such as /Paris/Servers'),
  priority: z
    .number()
    .default(0)
    .describe('Rules are tried from the highest priority to the lowest; equal ones in the order of the file'),
  subnets: z
    .array(subnet)
    .default([])
    .describe('Prefixes (10.1.0.0/16, 2001:db8::/32), addresses or ranges (10.0.0.1-10.0.0.9); none: every address'),
  vlans: z
    .array(range('VLAN', 4095))
    .default([])
    .describe('Outermost VLAN ids or ranges; 0 is untagged; none: every VLAN'),
});

export const applicationConfigSchema = z
  .strictObject({
    name: z.string().min(1, 'An application needs a name').max(100).describe('Name of the application'),
    ports: z.array(range('port', 65535)).default([]).describe('Server ports or ranges; none: every port'),
    serverZones: z.array(zonePath).default([]).describe('The server is in one of these zones or below; none: anywhere'),
    clientZones: z.array(zonePath).default([]).describe('The client is in one of these zones or below; none: anywhere'),
  })
  .refine((rule) => rule.ports.length + rule.serverZones.length + rule.clientZones.length > 0, {
    message: 'An application needs ports, serverZones or clientZones; without any it would match everything',
  });

/** Configuration of this room. */
export const enrichConfigSchema = z.strictObject({
  zones: z.array(zoneConfigSchema).default([]).describe('Where addresses belong; first match by priority'),
  applications: z.array(applicationConfigSchema).default([]).describe('What connections are for; most precise match'),
  wellKnownPorts: z
    .boolean()
    .default(true)
    .describe('Name applications that no rule matches after their well-known port'),
});

export type ZoneConfig = z.output<typeof zoneConfigSchema>;
export type ApplicationConfig = z.output<typeof applicationConfigSchema>;
export type EnrichConfig = z.output<typeof enrichConfigSchema>;
