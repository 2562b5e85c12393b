import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { metricCatalogue } from '../analyzer/src/api/metrics/catalogue.js';
import { errorKinds } from '../analyzer/src/errors.js';
import { healthNames } from '../analyzer/src/query/health-numbers.js';
import { feedFields, fields, filterErrorKinds } from '../filter/src/index.js';
import { completeConfig, parseConfig } from '../analyzer/src/service/index.js';
import { renderDocs, staleDocs } from '../scripts/docs.js';
import { documentedSettings, example } from '../scripts/docs/configuration.js';
import { errorsWithoutRemedy } from '../scripts/docs/errors.js';

const root = new URL('../', import.meta.url);
let rendered: ReadonlyMap<string, string>;
before(async () => {
  rendered = await renderDocs();
});

const page = (name: string) => rendered.get(`docs/${name}.md`) ?? '';

/** Names that stand in the first cell of a row of a table. */
const listed = (text: string) => [...text.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name!);

describe('the generated pages', () => {
  test('are committed as they have to be: else run "npm run docs"', () => {
    assert.deepEqual(staleDocs(rendered), []);
  });

  test('are stale when a character differs or the file is missing', () => {
    const of = (change: (path: string) => string | null) => staleDocs(rendered, change);
    assert.deepEqual(
      of((path) => (path === 'docs/errors.md' ? `${rendered.get(path)!} ` : rendered.get(path)!)),
      ['docs/errors.md']
    );
    assert.deepEqual(
      of(() => null),
      [...rendered.keys()]
    );
  });

  test('are the same each time', async () => {
    assert.deepEqual([...(await renderDocs())], [...rendered]);
  });

  test('list every field, once, and every other name', () => {
    assert.deepEqual(
      listed(page('fields')),
      [...fields, ...feedFields].map(({ name }) => name)
    );
    for (const { aliases } of fields) {
      aliases.forEach((alias) => assert.ok(page('fields').includes(`\`${alias}\``), alias));
    }
  });

  test('list every error', () => {
    const codes = new Set([...Object.values(errorKinds), ...Object.values(filterErrorKinds)].map(({ code }) => code));
    assert.deepEqual(listed(page('errors')).sort(), [...codes].sort());
  });

  test('list every metric of traffic, of capture health and of Prometheus', () => {
    const metrics = fields.filter(({ kind }) => kind !== 'dimension' && kind !== 'attribute').map(({ name }) => name);
    const names = [...metrics, ...healthNames, ...metricCatalogue.map(({ name }) => name)];
    assert.deepEqual(listed(page('metrics')).sort(), names.sort());
  });

  test('say of each error what to do', () => {
    assert.deepEqual(errorsWithoutRemedy(), []);
  });
});

describe('links of the pages', () => {
  /** As GitHub makes anchors of headings. */
  const anchors = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-')
    );
  const textOf = (name: string) => rendered.get(`docs/${name}`) ?? readFileSync(new URL(`docs/${name}`, root), 'utf8');

  for (const name of ['fields.md', 'metrics.md', 'errors.md', 'api.md']) {
    test(`docs/${name} links to what is there`, () => {
      for (const [, target = ''] of textOf(name).matchAll(/\]\(([^)\s]+)\)/g)) {
        const [path = '', anchor] = target.split('#');
        if (/^https?:/.test(path)) {
          continue;
        }
        assert.ok(path === '' || existsSync(new URL(`docs/${path}`, root)), target);
        if (anchor !== undefined) {
          assert.ok(anchors(textOf(path === '' ? name : path)).includes(anchor), target);
        }
      }
    });
  }
});

describe('the page of settings', () => {
  const settings = documentedSettings();

  test('says of every setting what it means', () => {
    assert.deepEqual(listed(page('configuration')).sort(), settings.map(({ path }) => path).sort());
    assert.deepEqual(
      settings.filter(({ setting }) => !setting.description).map(({ path }) => path),
      []
    );
  });

  test('has an example that is a configuration and leaves no setting out', () => {
    const named = new Set<string>();
    const visit = (value: unknown, path: string): void => {
      if (Array.isArray(value) && typeof value[0] === 'object') {
        value.forEach((item) => visit(item, `${path}[]`));
      } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        Object.entries(value).forEach(([key, one]) => visit(one, path === '' ? key : `${path}.${key}`));
      } else {
        named.add(path);
      }
    };
    visit(parseConfig(example, 'example'), '');
    assert.deepEqual([...named].sort(), settings.map(({ path }) => path).sort());
    assert.ok(page('configuration').includes(example));
  });

  test('has the defaults that hold without a file', () => {
    const { store, api, query, connections } = completeConfig({});
    const row = (name: string) => /[^|]+(?=\|$)/m.exec(page('configuration').split(`| \`${name}\``)[1]!)![0].trim();
    assert.deepEqual(
      ['store.folder', 'api.host', 'api.port', 'query.rows', 'connections', 'store.concurrentQueries'].map(row),
      [store.folder, api.host, api.port, query.rows, connections, store.concurrentQueries].map((one) => `\`${one}\``)
    );
  });
});

describe('the pages people write', () => {
  const pages = readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ name, text: readFileSync(new URL(`docs/${name}`, root), 'utf8') }));
  /** The anchor that GitHub gives a heading. */
  const anchors = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-')
    );

  test('name errors and metrics that exist', () => {
    const codes = new Set([...Object.values(errorKinds), ...Object.values(filterErrorKinds)].map(({ code }) => code));
    const metrics = new Set<string>(metricCatalogue.map(({ name }) => name));
    for (const { name, text } of pages) {
      for (const [code] of text.matchAll(/\bTCPS_E_[A-Z_]+[A-Z]\b/g)) {
        assert.ok(codes.has(code), `${name}: ${code}`);
      }
      for (const [metric] of text.matchAll(/\btcpscope_[a-z_]+(?:total|bytes|ratio|seconds|running|ready)\b/g)) {
        assert.ok(metrics.has(metric), `${name}: ${metric}`);
      }
    }
  });

  test('say how many queries run and wait as the settings do', () => {
    const { concurrentQueries, queuedQueries } = completeConfig({}).store;
    const both = new RegExp(`\\| ${concurrentQueries}, ${queuedQueries}\\b.*TCPS_E_STORE_BUSY`);
    for (const name of ['limits.md', 'api.md']) {
      assert.match(readFileSync(new URL(`docs/${name}`, root), 'utf8'), both, name);
    }
  });

  test('link to pages and headings that exist', () => {
    for (const { name, text } of pages) {
      for (const [, file, anchor] of text.matchAll(/\]\(((?!https?:)[^)#\s]*)(?:#([^)\s]+))?\)/g)) {
        const target = new URL(`docs/${file === '' ? name : file}`, root);
        if (file === 'diagnosis.md' && !existsSync(target)) {
          continue;
        }
        assert.ok(existsSync(target), `${name}: ${file}`);
        if (anchor !== undefined) {
          assert.ok(anchors(readFileSync(target, 'utf8')).includes(anchor), `${name}: ${file}#${anchor}`);
        }
      }
    }
  });
});
