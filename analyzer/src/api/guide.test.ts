import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { queryConfigSchema, queryKinds, querySchema } from '../query/index.js';
import { storeConfigSchema } from '../store/config.js';
import { durationSchema, sizeSchema } from '../store/units.js';
import type { Store } from '../store/store.js';
import { errorKinds } from '../errors.js';
import { openScenario, testApi } from './api-fixture.js';
import { apiConfigSchema, type Api } from './index.js';

/** The examples of docs/api.md are asked of a real store over HTTP; the answers of the guide are what came back. */
const guide = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
const address = 'http://127.0.0.1:8477';

let store: Store;
let api: Api;
let url: string;
before(async () => {
  store = await openScenario();
  api = await testApi(store);
  url = await api.listen();
});
after(async () => {
  await api.stop();
  await store.stop();
});

/** What a curl command of the guide sends. */
function ask(command: string): Promise<Response> {
  const [, target = ''] = /'?(http:[^'\s]+)'?/.exec(command) ?? [];
  assert.ok(target.startsWith(address), command);
  const headers = Object.fromEntries([...command.matchAll(/-H '([^:']+): ([^']*)'/g)].map(([, name, value]) => [name!, value!]));
  const [, body] = /-d '([^']*)'/.exec(command) ?? [];
  return fetch(target.replace(address, url), { headers, ...(body === undefined ? {} : { method: 'POST', body }) });
} // prettier-ignore

/** Whether an answer is what the guide shows, where "…" stands for what is left out. */
function assertShown(found: unknown, shown: unknown, path = 'answer'): void {
  if (shown === '…') {
    return;
  }
  if (Array.isArray(shown)) {
    const open = shown.at(-1) === '…';
    const list = open ? shown.slice(0, -1) : shown;
    assert.ok(Array.isArray(found), path);
    assert.equal(open ? Math.min(found.length, list.length) : found.length, list.length, path);
    list.forEach((each, i) => assertShown(found[i], each, `${path}.${i}`));
  } else if (typeof shown === 'object' && shown !== null) {
    assert.ok(typeof found === 'object' && found !== null, path);
    const { '…': more, ...keys } = shown as Record<string, unknown>;
    if (more === undefined) {
      assert.deepEqual(Object.keys(found).sort(), Object.keys(keys).sort(), path);
    }
    Object.entries(keys).forEach(([key, each]) =>
      assertShown((found as Record<string, unknown>)[key], each, `${path}.${key}`)
    );
  } else {
    assert.deepEqual(found, shown, path);
  }
}

describe('an example of docs/api.md is true:', () => {
  const examples = [...guide.matchAll(/^```sh\n(curl .*?)\n```\n\n```json\n(.*?)\n```$/gms)];
  test('there are some for every route that answers JSON', () => {
    assert.equal(examples.length, guide.match(/^curl -s /gm)!.length);
    for (const route of ['query', 'fields', 'filter', 'values', 'connections/', 'health', '/openapi.json']) {
      assert.ok(
        examples.some(([, command]) => command!.includes(route)),
        route
      );
    }
  });
  examples.forEach(([, command = '', shown = ''], i) => {
    test(`${i + 1}. ${command.split('\n')[0]}`, async () => {
      const response = await ask(command);
      assertShown(await response.json(), JSON.parse(shown));
    });
  });
});

describe('docs/api.md', () => {
  test('names every kind and every key of a query', () => {
    for (const name of [...queryKinds, ...Object.keys(querySchema.shape)]) {
      assert.ok(guide.includes(`\`${name}\``), name);
    }
  });

  test('names codes that there are', () => {
    const codes = new Set<string>(Object.values(errorKinds).map(({ code }) => code));
    for (const [code] of guide.matchAll(/TCPS_E_[A-Z_]+/g)) {
      assert.ok(codes.has(code) || code.startsWith('TCPS_E_FILTER_'), code);
    }
  });

  test('tells the limits as they are', () => {
    const defaults: Readonly<Record<string, unknown>> = {
      ...Object.fromEntries(Object.entries(apiConfigSchema.parse({})).map(([key, value]) => [`api.${key}`, value])),
      ...Object.fromEntries(Object.entries(queryConfigSchema.parse({})).map(([key, value]) => [`query.${key}`, value])),
      ...Object.fromEntries(Object.entries(storeConfigSchema.parse({})).map(([key, value]) => [`store.${key}`, value])),
    };
    const read = (text: string): unknown =>
      /^\d+$/.test(text) ? Number(text) : /B$/.test(text) ? sizeSchema.parse(text) : durationSchema.parse(text);
    const rows = [...guide.matchAll(/^\| [^|]+ \| (`(?:api|query|store)\.[^|]*) \| ([^|]*) \|/gm)];
    assert.ok(rows.length > 8);
    for (const [, settings = '', values = ''] of rows) {
      const names = [...settings.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
      assert.deepEqual(
        values.split(',').map((value) => read(value.trim())),
        names.map((name) => defaults[name]),
        settings
      );
    }
  });
});
