import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { version } from '../version.js';
import { call, testApi } from './api-fixture.js';
import type { Api } from './index.js';

interface Content {
  readonly schema: Schema;
}
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly required?: string[];
  readonly properties?: Record<string, Schema>;
  readonly description?: string;
  readonly items?: Schema;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: unknown;
  readonly parameters?: Array<{ name: string; in: string; required?: boolean; schema: Schema }>;
  readonly requestBody?: { content: Record<string, Content> };
  readonly responses: Record<string, { description: string; content: Record<string, Content> }>;
}
interface Description {
  readonly openapi: string;
  readonly info: { version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Schema> };
}

let api: Api;
let description: Description;
before(async () => {
  api = await testApi();
  description = (await call(api, 'GET', '/openapi.json')).json<Description>();
});
after(() => api.stop());

const operations = () =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const)
  );

test('the description is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(description as unknown as Record<string, unknown>);
  assert.equal(valid, true, JSON.stringify(errors));
  assert.match(description.openapi, /^3\.1\./);
  assert.equal(description.info.version, version);
});

test('it has every route that is documented, and no other', () => {
  assert.deepEqual(
    operations()
      .map(([route]) => route)
      .sort(),
    [
      'GET /api/v1/connections/{id}',
      'GET /api/v1/connections/{id}/explain',
      'GET /api/v1/fields',
      'GET /api/v1/health',
      'GET /api/v1/stream',
      'GET /api/v1/values',
      'GET /metrics',
      'GET /openapi.json',
      'POST /api/v1/filter',
      'POST /api/v1/query',
    ]
  );
});

test('every route takes the methods that it is described with', async () => {
  for (const [route] of operations()) {
    const [method, path] = route.split(' ') as [string, string];
    const { statusCode, headers } = await call(api, method === 'GET' ? 'POST' : 'GET', path.replace('{id}', '1'));
    assert.equal(statusCode, 405, route);
    assert.deepEqual(
      String(headers.allow)
        .split(', ')
        .filter((each) => each !== 'HEAD'),
      [method],
      route
    );
  }
});

test('the server has no route that the description lacks', () => {
  const paths = api.app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .filter((line) => line.includes('GET') || line.includes('POST'));
  assert.equal(paths.length, new Set(Object.keys(description.paths)).size);
});

test('every operation has a name of its own, words, and the form of its errors', () => {
  const names = operations().map(([, { operationId }]) => operationId);
  assert.ok(names.every((name) => /^[a-z]+$/.test(name)));
  assert.equal(new Set(names).size, names.length);
  for (const [route, { summary, responses }] of operations()) {
    assert.ok(summary.length > 10, route);
    assert.deepEqual(Object.keys(responses).sort(), ['200', '4XX', '5XX'], route);
    for (const status of ['4XX', '5XX']) {
      const { content } = responses[status]!;
      assert.deepEqual(content, { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }, route);
    }
  }
});

test('an error is described as it is sent', async () => {
  const { Error: schema } = description.components.schemas;
  assert.deepEqual(schema!.required, ['code', 'message']);
  assert.deepEqual(Object.keys(schema!.properties!), ['code', 'message', 'position', 'hint']);
  const sent = (await call(api, 'GET', '/api/v1/values?field=server.prot')).json<object>();
  assert.ok(Object.keys(sent).every((key) => key in schema!.properties!));
});

test('answers that are no JSON say so', () => {
  const typeOf = (path: string) => Object.keys(description.paths[path]!.get!.responses['200']!.content);
  assert.deepEqual(typeOf('/metrics'), ['text/plain']);
  assert.deepEqual(typeOf('/api/v1/stream'), ['text/event-stream']);
  assert.deepEqual(typeOf('/api/v1/fields'), ['application/json']);
});

test('answers may grow: no schema forbids further keys', () => {
  assert.ok(!JSON.stringify(description).includes('"additionalProperties":false'));
});

test('every key of a query is described, with what it means', () => {
  const body = description.paths['/api/v1/query']!.post!.requestBody!.content['application/json']!.schema;
  const query = body.properties!.queries!.items!;
  assert.deepEqual(query.required, ['refId', 'from', 'to']);
  const silent = Object.entries(query.properties!).filter(
    ([, schema]) => schema.description === undefined && !JSON.stringify(schema).includes('"description"')
  );
  assert.deepEqual(silent, []);
});

test('parameters of routes are described: which must be there, and what they are', () => {
  const parameters = (path: string) =>
    description.paths[path]!.get!.parameters!.map(({ name, in: place, required }) => [name, place, required === true]);
  assert.deepEqual(parameters('/api/v1/values'), [
    ['field', 'query', true],
    ['from', 'query', false],
    ['to', 'query', false],
    ['search', 'query', false],
    ['limit', 'query', false],
  ]);
  assert.deepEqual(parameters('/api/v1/connections/{id}'), [['id', 'path', true]]);
});

test('health needs no token, as the description says', () => {
  assert.deepEqual(description.paths['/api/v1/health']!.get!.security, []);
});
