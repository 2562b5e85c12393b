import { z } from 'zod';
import { querySchema } from '../query/index.js';

/** What travels over HTTP, for validation and for the description of the API. */

export const errorSchema = z
  .object({
    code: z.string().describe('Stable; docs/errors.md lists all'),
    message: z.string().describe('What is wrong and what to do'),
    position: z.object({ start: z.int(), end: z.int() }).optional().describe('Place in the filter, UTF-16 units'),
    hint: z.string().optional().describe('Text to write instead, at the position where there is one'),
  })
  .describe('What went wrong')
  .meta({ id: 'Error' });

const failed = (description: string) => ({ description, content: { 'application/json': { schema: errorSchema } } });

/** Errors are JSON whatever else a route answers with. */
export const errors = { '4xx': failed('The request is wrong'), '5xx': failed('It cannot be answered now') } as const;

/** An answer that is text and not JSON. */
export function textAnswer<Type extends string>(type: Type, description: string) {
  return { description, content: { [type]: { schema: z.string() } } };
}

const time = z
  .union([z.number(), z.string()], { error: 'must be RFC 3339 or milliseconds since 1970' })
  .describe('RFC 3339, or milliseconds since 1970')
  .meta({ examples: ['2026-01-02T12:00:00Z', 1767355200000] });

export function queryRequestSchema(queries: number) {
  return z.object({
    queries: z
      .array(z.looseObject({ refId: z.string().min(1).max(200) }))
      .min(1)
      .max(queries),
    fromAlert: z.boolean().default(false),
  });
}

/** The same with every key of a query, for the description; a wrong query is an error of its own and not of the request. */
export const queryRequestDescription = z.object({
  queries: z.array(querySchema).min(1),
  fromAlert: z.boolean().optional().describe('An alert rule asks: answers are numbers with labels, or errors'),
});

const frameSchema = z.looseObject({
  schema: z.looseObject({
    refId: z.string(),
    meta: z.looseObject({ type: z.string(), typeVersion: z.array(z.int()) }),
    fields: z.array(z.looseObject({ name: z.string(), type: z.enum(['time', 'number', 'string', 'boolean']) })),
  }),
  data: z.looseObject({ values: z.array(z.array(z.unknown())).describe('Column by column; times in milliseconds') }),
});

export const queryAnswerSchema = z.object({
  results: z
    .record(
      z.string(),
      z.union([
        z.object({ status: z.int(), frames: z.array(frameSchema) }),
        z.object({ error: z.string(), errorSource: z.literal('downstream'), status: z.int() }),
      ])
    )
    .describe('By refId: data frames as Grafana reads them, or what is wrong with this query'),
});

export const fieldSchema = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  kind: z.enum(['dimension', 'counter', 'sum', 'ratio', 'percentile', 'mean', 'distinct', 'attribute']),
  type: z.enum(['ip', 'port', 'integer', 'number', 'string', 'boolean', 'time']),
  unit: z.string().nullable(),
  side: z.enum(['client', 'server']).nullable(),
  summary: z.string(),
  rows: z
    .enum(['windows', 'connections', 'both', 'feed'])
    .describe('Where it exists: conversations and groups, single connections; feed: captures as a whole'),
  values: z.array(z.string()).optional().describe('All values it can have'),
  whenNull: z.string().optional().describe('Why a ratio may be null'),
});

export const filterRequestSchema = z.object({
  text: z.string().max(100_000),
  rows: z.enum(['windows', 'connections']).default('windows').describe('What the filter is about'),
  offset: z.int().min(0).optional().describe('Where the cursor is, UTF-16 units: asks for completion'),
  values: z
    .object({ from: time, to: time })
    .optional()
    .describe('Completes values, too, with those stored in this range'),
});

const positionSchema = z.object({ start: z.int(), end: z.int() });

export const filterAnswerSchema = z.object({
  ok: z.boolean(),
  problem: z
    .object({ code: z.string(), message: z.string(), position: positionSchema, hint: z.string().optional() })
    .optional(),
  canonical: z.string().optional().describe('The same filter as the language would write it'),
  advice: z
    .array(z.object({ code: z.string(), message: z.string(), filter: z.string().optional() }))
    .optional()
    .describe('A valid filter may still not select what was meant; "filter" is a better one'),
  completion: z
    .object({
      from: z.int(),
      to: z.int(),
      field: z.string().nullable().describe('The field whose values may stand here'),
      items: z.array(
        z.object({
          label: z.string(),
          insert: z.string(),
          kind: z.enum(['field', 'operator', 'keyword', 'value']),
          detail: z.string(),
          info: z.string(),
        })
      ),
    })
    .optional(),
});

export const valuesRequestSchema = z.object({
  field: z.string().min(1).max(200),
  from: time.optional().describe('Default: a day before "to"'),
  to: time.optional().describe('Default: now'),
  search: z
    .string()
    .max(1000)
    .optional()
    .describe('Text that values contain, in any case; those that begin with it come first'),
  limit: z.coerce.number().int().min(1).optional(),
});

export const valuesAnswerSchema = z.object({
  field: z.string(),
  values: z.array(z.string()),
  truncated: z.boolean().describe('There are more'),
});

export const connectionSchema = z
  .looseObject({
    id: z.string(),
    vlans: z.array(z.int()),
    cause: z.string().nullable().describe('Why it ended; null when it has not'),
    confidence: z.number().min(0).max(1).nullable().describe('Probability that the cause is right'),
    rival: z
      .object({ cause: z.string(), confidence: z.number().min(0).max(1) })
      .nullable()
      .describe('The next best explanation; null when nothing else is worth a word'),
    evidence: z
      .array(z.string())
      .describe('What was seen, the strongest first; empty when it was stored by a version with other facts'),
    against: z.array(z.string()).describe('What was seen that speaks for something else'),
  })
  .describe('Facts by the names of the catalogue; what does not apply is null');

export const explanationSchema = z.object({
  connection: connectionSchema,
  stream: z.null(),
  verdict: z
    .object({
      cause: z.string(),
      title: z.string(),
      severity: z.enum(['fine', 'note', 'trouble']),
      confidence: z.number().min(0).max(1),
      evidence: z.array(z.string()),
      against: z.array(z.string()),
      rival: z.object({ cause: z.string(), title: z.string(), confidence: z.number() }).nullable(),
      nextCheck: z.string().nullable(),
    })
    .nullable()
    .describe('Null when it has not ended, or was stored before verdicts were'),
  limits: z.array(z.string()).describe('Everything that limits what can be said, a sentence each'),
  displayFilter: z.string().describe('A Wireshark display filter that shows its packets'),
  sequence: z
    .array(z.looseObject({}))
    .nullable()
    .describe(
      'Its last packets, oldest first, each with `marks` that say what is remarkable; null when none were kept'
    ),
  text: z.string().describe('All of it as a page of text'),
});

const captureSchema = z.object({
  interface: z.string(),
  state: z.enum(['starting', 'running', 'stopped', 'failed']),
  reason: z.string().optional(),
  packets: z.object({
    read: z.number(),
    tcp: z.number(),
    duplicate: z.number(),
    undecoded: z.record(z.string(), z.number()),
  }),
  kernelDrops: z.number().nullable().describe('Null when the kernel does not say'),
  interfaceDrops: z.number().nullable().describe('Null when card and driver do not say'),
  softnetDrops: z.number().nullable().describe('On all interfaces together; null when the kernel does not say'),
  ringFill: z.number().min(0).max(1).nullable().describe('Highest share since the start; null without a ring'),
  late: z.number(),
  evicted: z.number(),
  connections: z.number(),
  windowsClosed: z.number(),
  lastPacketAt: z.number().nullable().describe('Milliseconds since 1970'),
});

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  version: z.string(),
  reasons: z.array(z.string()).optional().describe('Why it is not ok. Like all below only for those who may ask'),
  store: z.object({ state: z.string(), engine: z.string() }).optional(),
  capture: z.array(captureSchema).optional(),
});
