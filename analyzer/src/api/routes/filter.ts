import { advise, complete, parseFilter, printFilter, type Completion, type Field } from '@tcpscope/filter';
import type { z } from 'zod';
import { errors, filterAnswerSchema, filterRequestSchema } from '../schemas.js';
import type { Route, RouteContext } from './context.js';

type Request = z.output<typeof filterRequestSchema>;
type Judgement = z.output<typeof filterAnswerSchema>;

/** Most values offered for completion. */
const offered = 100;

/** `POST /api/v1/filter`: what a filter means, what is wrong with it, and what may come next. */
export const filterRoute: Route = (app, context) => {
  app.post(
    '/api/v1/filter',
    {
      schema: {
        summary: 'Checks, prints and completes a filter',
        operationId: 'filter',
        body: filterRequestSchema,
        response: { 200: filterAnswerSchema, ...errors },
      },
    },
    async ({ body, cancelled }): Promise<Judgement> => {
      const { offset } = body;
      const completion = offset === undefined ? {} : { completion: await completed(body, offset, context, cancelled) };
      return { ...judged(body), ...completion };
    }
  );
};

function judged({ text, rows }: Request): Judgement {
  const parsed = parseFilter(text, rows, { variables: 'refuse' });
  if (!parsed.ok) {
    const { code, message, position, hint } = parsed.problem;
    return { ok: false, problem: { code, message, position, ...(hint === undefined ? {} : { hint }) } };
  }
  const advice = advise(parsed.expression, rows).map(({ code, message, suggestion }) => ({
    ...{ code, message },
    ...(suggestion === null ? {} : { filter: suggestion }),
  }));
  return { ok: true, canonical: printFilter(parsed.expression), ...(advice.length === 0 ? {} : { advice }) };
}

async function completed(
  { text, rows, values }: Request,
  offset: number,
  { queries }: RouteContext,
  signal: AbortSignal
): Promise<NonNullable<Judgement['completion']>> {
  const at = Math.min(offset, text.length);
  const first = complete(text, at, rows);
  if (values === undefined || first.field === null || first.field.type === 'time' || !hasValues(first.field)) {
    return plain(first);
  }
  const search = text.slice(first.from, at).replace(/["']/g, '');
  const query = { refId: 'values', kind: 'values', field: first.field.name, search, limit: offered, ...values };
  const answer = await queries.answer(query, signal);
  const known = answer.shape === 'table' ? (answer.columns[0]?.values.map(String) ?? []) : [];
  return plain(complete(text, at, rows, () => known));
}

function hasValues({ kind, type }: Field): boolean {
  return kind === 'dimension' || (kind === 'attribute' && type !== 'number');
}

function plain({ from, to, field, items }: Completion): NonNullable<Judgement['completion']> {
  const list = items.map(({ label, insert, kind, detail, info }) => ({ label, insert, kind, detail, info }));
  return { from, to, field: field?.name ?? null, items: list };
}
