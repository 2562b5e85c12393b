import { feedFields, fields, isOfTimes, type Field } from '@tcpscope/filter';
import { z } from 'zod';
import { errors, fieldSchema } from '../schemas.js';
import type { Route } from './context.js';

const catalogue = [...fields, ...(feedFields as readonly Field[])].map((field) => {
  const { name, aliases, kind, type, unit, side, summary, rows } = field;
  return {
    ...{ name, aliases: [...aliases], kind, type, unit, side, summary, rows },
    ...(field.kind === 'attribute' && field.values !== undefined ? { values: [...field.values] } : {}),
    ...(field.kind === 'ratio' || isOfTimes(field) ? { whenNull: field.whenNull } : {}),
  };
});

/** `GET /api/v1/fields`: every name that queries and filters know. */
export const fieldsRoute: Route = (app) => {
  app.get(
    '/api/v1/fields',
    {
      schema: {
        summary: 'The catalogue of fields',
        operationId: 'fields',
        response: { 200: z.object({ fields: z.array(fieldSchema) }), ...errors },
      },
    },
    () => ({ fields: catalogue })
  );
};
