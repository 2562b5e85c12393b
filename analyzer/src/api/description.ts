import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { version } from '../version.js';

/** Answers may grow, so programs made from the description must not refuse keys that they do not know. */
const zodToJsonConfig = {
  override: ({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }) => {
    if (jsonSchema.additionalProperties === false) {
      delete jsonSchema.additionalProperties;
    }
  },
};

type Described = OpenAPIV3_1.Document & { components: { schemas: Record<string, OpenAPIV3_1.SchemaObject> } };

const withComponents = createJsonSchemaTransformObject({ zodToJsonConfig });

/** How the description of the API is made. `locked` says whether a token is asked for. */
export function descriptionOptions(locked: boolean): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'tcpscope',
        description: 'How TCP connections end, who ended them and why. Times are RFC 3339 or milliseconds since 1970.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      ...(locked ? { security: [{ token: [] }] } : {}),
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig }),
    transformObject: (document) => {
      const described = withComponents(document) as Described;
      // Each schema is there twice, as it is received and as it is sent; errors are only sent.
      delete described.components.schemas.ErrorInput;
      return described;
    },
  };
}
