import { z } from 'zod';

export const queryKinds = [
  'timeseries',
  'top',
  'conversations',
  'connections',
  'closes',
  'causes',
  'findings',
  'feed',
  'feedseries',
  'values',
  'health',
] as const;
export type QueryKind = (typeof queryKinds)[number];

/** What a value filter is asked of: each conversation over the whole range, or each row after grouping. */
export const scopes = ['flows', 'rows'] as const;
export type Scope = (typeof scopes)[number];

export const adHocOperators = ['=', '!=', '=|', '!=|', '=~', '!~', '<', '<=', '>', '>='] as const;
export type AdHocOperator = (typeof adHocOperators)[number];

const time = z
  .union([z.number(), z.string()], { error: 'must be RFC 3339 or milliseconds since 1970' })
  .describe('RFC 3339, or milliseconds since 1970')
  .meta({ example: '2026-01-02T12:00:00Z' });

const order = z.union(
  [
    z.string().describe('"rst.count.srv desc"; without a direction descending'),
    z.looseObject({ field: z.string(), direction: z.enum(['asc', 'desc']).default('desc') }),
  ],
  { error: 'must be a text such as "rst.count.srv desc", or {field, direction}' }
);

const adHoc = z.looseObject({
  key: z.string().describe('Field'),
  operator: z.enum(adHocOperators),
  value: z.string().default(''),
  values: z.array(z.string()).optional().describe('For =| and !=|: one of, none of'),
});

/** Names as Grafana's editors save them: a list, one name, or nothing yet. */
const names = z.union([z.array(z.string()), z.string().transform((name) => [name])], {
  error: 'must be a list of names',
});

/** What an answer may leave out; see docs/api.md. */
export const omittable = ['poor-captures', 'scans', 'rst-by-design'] as const;
export type Omission = (typeof omittable)[number];

const omission = z.enum(omittable, { error: `must be of ${omittable.join(', ')}` });
const omissions = z.union([z.array(omission), omission.transform((name) => [name])], {
  error: `must be a list of ${omittable.join(', ')}`,
});

const scope = z
  .enum(scopes)
  .describe(
    'flows: conversations over the whole range, before they are grouped (default). rows: groups, after grouping'
  );

/**
 * One query as it is sent: a flat object. Keys that are not known are ignored, because Grafana adds its own; a wrong value
 * of a known key is an error of this query.
 */
export const querySchema = z.looseObject({
  refId: z.string().min(1).max(200).describe('Names the answer'),
  from: time,
  to: time,
  intervalMs: z.number().nonnegative().nullish().describe('Least distance of two points, milliseconds'),
  maxDataPoints: z.number().nonnegative().nullish().describe('Most points that are of use to the caller'),
  kind: z
    .string()
    .nullish()
    .describe(`One of ${queryKinds.join(', ')}. Default: timeseries`),
  queryType: z.string().nullish().describe('Another name of kind'),
  metrics: names.nullish().describe('Counters, sums, ratios and distinct counts; for connections the columns'),
  groupBy: names.nullish().describe('Dimensions'),
  filter: z.string().nullish().describe('A condition in the filter language; empty for everything'),
  scope: scope.nullish(),
  filterScope: scope.nullish().describe('Another name of scope'),
  orderBy: z
    .union([z.array(order), order], {
      error: 'must be a text such as "rst.count.srv desc", {field, direction}, or a list',
    })
    .nullish()
    .describe('Most important first'),
  limit: z
    .union([z.number(), z.string().regex(/^\s*\d*\s*$/, 'must be a number')], { error: 'must be a number' })
    .nullish()
    .describe('Most rows, or series of each metric'),
  leaveOut: omissions
    .nullish()
    .describe(
      'What is not counted: minutes of poor captures (docs/feed-quality.md), ' +
        'conversations of port scans and host sweeps, services that close by RST on purpose (docs/diagnosis.md)'
    ),
  field: z.string().nullish().describe('values: the field whose values are asked for'),
  search: z.string().max(1000).nullish().describe('values: text that they contain, in any case'),
  adHoc: z.array(adHoc).nullish().describe('Conditions of a dashboard, in addition to the filter'),
  hide: z.boolean().nullish().describe('A hidden query has an empty answer'),
  legend: z.string().max(1000).nullish().describe('Name of a series: {{metric}}, {{server.ip}}'),
});

export type WireQuery = z.output<typeof querySchema>;
export type WireAdHoc = z.output<typeof adHoc>;
