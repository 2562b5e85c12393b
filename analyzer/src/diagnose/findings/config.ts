import { z } from 'zod';

const count = z.int().min(2).max(1_000_000);
const share = z.number().min(0.01).max(1);
const span = z.number().positive().max(86_400);

/** When something counts as a finding. Counts are connections or attempts, shares 0 to 1, times seconds. */
export const findingsConfigSchema = z.strictObject({
  scanPorts: count.default(15).describe('Ports of a host that fail for one client: a port scan (the value of Zeek)'),
  scanHosts: count.default(25).describe('Hosts that fail for one client on one port: a sweep (the value of Zeek)'),
  scanSeconds: span.default(300).describe('Within how many seconds; also how far apart trouble of one zone may lie'),
  attempts: count.default(5).describe('Fewest attempts at a service before refusals or silence are a finding'),
  failedShare: share.default(0.5).describe('Share of the attempts, or of the servers of a zone, that must fail'),
  staleAttempts: count.default(4).describe('Fewest attempts of one client that never gets through'),
  floodAttempts: count
    .default(10)
    .describe('Attempts that are answered and never completed; five times as many SYNs without answer'),
  floodSeconds: span.default(60).describe('Within how many seconds'),
  repeats: count.default(3).describe('Fewest connections of the same fate for everything else'),
  abortShare: share
    .default(0.1)
    .describe('Share of connections that a server must break off; twice as many for clients'),
  lossShare: share.default(0.05).describe('Share of connections that needed more than one SYN'),
  timerWidth: share.default(0.05).describe('How far the times of a timer may differ, as a share of its value'),
  byDesignShare: share
    .default(0.9)
    .describe('Share of complete connections that end by RST before that is how it closes'),
  baseline: count.default(10).describe('Complete connections before and after a change of how a service closes'),
  changedShare: share.default(0.3).describe('By how much the share of RSTs must have risen'),
  leakSeconds: span
    .default(5)
    .describe('How long a side must leave the FIN of the other unanswered before it is a leak'),
  zoneServers: count.default(3).describe('Servers of one zone that must be in trouble at the same time'),
  incompleteShare: share
    .default(0.1)
    .describe('Share of connections seen in part only, above which nothing that rests on silence is believed'),
});

export type Thresholds = z.output<typeof findingsConfigSchema>;

export const defaultThresholds: Thresholds = findingsConfigSchema.parse({});
