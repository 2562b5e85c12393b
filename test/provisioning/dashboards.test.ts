import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFilter } from '../../filter/src/index.js';
import { healthNames } from '../../analyzer/src/query/health-numbers.js';
import { queryConfigSchema } from '../../analyzer/src/query/config.js';
import { readQuestion } from '../../analyzer/src/query/read.js';
import { inRepository } from '../plugin-host/paths.js';
import { dashboards, follow, linksOf, type Panel, type Target } from './dashboards.js';
import { readFileSync } from 'node:fs';

/* src/ is built for the browser and does not belong to this program; only the shape is stated here. */
type Lookup = (reference: string) => string[] | 'all' | null;
const { interpolateFilter } = (await import(inRepository('src/query/interpolate.ts'))) as {
  interpolateFilter: (text: string, lookup: Lookup) => string;
};

const limits = queryConfigSchema.parse({});
const range = { from: 1_772_409_600_000, to: 1_772_413_200_000 };

/** A query as the frontend sends it, with the dashboard's text boxes filled in. */
function sent(target: Target, boxes: Record<string, string>): object {
  const lookup: Lookup = (reference) => {
    const value = boxes[reference.replace(/^\$\{?|\}$/g, '')];
    return value === undefined ? null : [value];
  };
  return { ...target, ...range, filter: interpolateFilter(target.filter ?? '', lookup) };
}

const boxesOf = (names: readonly string[], value: string) => Object.fromEntries(names.map((name) => [name, value]));

const plugin = JSON.parse(readFileSync(inRepository('src/plugin.json'), 'utf8')) as {
  id: string;
  includes: Array<{ type: string; name: string; path: string }>;
};

describe('the bundled dashboards', () => {
  it('are those that plugin.json names, under their titles', () => {
    assert.deepEqual(
      plugin.includes.map(({ type, name, path }) => [type, name, path]).sort(),
      dashboards.map(([file, { title }]) => ['dashboard', title, `dashboards/${file}`]).sort()
    );
  });

  it('have addresses and titles of their own', () => {
    for (const key of ['uid', 'title'] as const) {
      const values = dashboards.map(([, dashboard]) => dashboard[key]);
      assert.equal(new Set(values).size, values.length, values.join());
    }
  });
});

for (const [file, { uid, panels, templating, tags, schemaVersion, description }] of dashboards) {
  describe(file, () => {
    const boxes = templating.list.filter(({ type }) => type === 'textbox').map(({ name }) => name);

    it('says what it is for, and is linked with the others by its tag', () => {
      assert.ok(description.length > 20 && tags.includes('tcpscope'));
      assert.match(uid, /^tcpscope-[a-z-]{1,31}$/);
      // The last version of this format, known from Grafana 12 on.
      assert.equal(schemaVersion, 42);
    });

    it('asks the data source that the user chooses, of this plugin’s type', () => {
      const [choice] = templating.list;
      assert.deepEqual([choice?.type, choice?.name, choice?.query], ['datasource', 'datasource', plugin.id]);
    });

    it('tells of every panel what it shows and what its numbers mean', () => {
      for (const { title, description: text } of panels) {
        assert.ok(title !== undefined && title.length > 2);
        assert.ok(text !== undefined && text.length > 40, title);
        assert.match(text, /\.$/, title);
      }
    });

    it('has panels that neither overlap nor leave the page nor share an id', () => {
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
      panels.forEach(({ title, gridPos: a }, i) => {
        assert.ok(a.x >= 0 && a.y >= 0 && a.w > 0 && a.h > 0 && a.x + a.w <= 24, title);
        for (const { title: other, gridPos: b } of panels.slice(i + 1)) {
          const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
          assert.ok(apart, `${title} lies over ${other}`);
        }
      });
    });

    it('leaves no hole in a row', () => {
      const area = panels.reduce((sum, { gridPos: { w, h } }) => sum + w * h, 0);
      assert.equal(area, 24 * Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)));
    });

    for (const { title, targets } of panels) {
      for (const text of ['', 'client.ip = "10.0.0.1"']) {
        it(`has queries that the analyzer takes: ${title}, text boxes ${text === '' ? 'empty' : 'filled'}`, () => {
          assert.ok(targets.length > 0);
          for (const target of targets) {
            const question = readQuestion(sent(target, boxesOf(boxes, text)), limits);
            assert.notEqual(question.shape, 'empty');
            assert.deepEqual(question.notices, []);
          }
        });
      }

      it(`applies the text boxes to every query about traffic: ${title}`, () => {
        for (const { kind, filter = '' } of targets) {
          if (kind !== 'health' && boxes.length > 0) {
            const expected = boxes.filter((box) => box !== 'connections' || kind === 'connections');
            expected.forEach((box) => assert.ok(filter.includes(`$${box}`), `$${box} is not in "${filter}"`));
          }
        }
      });
    }

    it('has settings for fields that the answers have, each field once', () => {
      for (const panel of panels) {
        const known = fieldsOf(panel);
        const named = panel.fieldConfig.overrides.map(({ matcher }) => matcher.options);
        assert.equal(new Set(named).size, named.length, `${panel.title}: ${named.join()}`);
        const missing = panel.fieldConfig.overrides
          .filter(({ matcher }) => !known.some((name) => matches(matcher, name)))
          .map(({ matcher }) => matcher.options);
        assert.deepEqual(missing, [], `${panel.title} has settings for fields that are not there`);
      }
    });

    it('has the colours of the sides everywhere: the client blue, the server orange', () => {
      for (const { title, fieldConfig } of panels) {
        for (const { matcher, properties } of fieldConfig.overrides) {
          const color = properties.find(({ id }) => id === 'color')?.value as { fixedColor?: string } | undefined;
          const side = /\.(clt|srv)$/.exec(matcher.options)?.[1];
          if (color?.fixedColor !== undefined && side !== undefined) {
            assert.equal(color.fixedColor, side === 'clt' ? 'blue' : 'orange', `${title}: ${matcher.options}`);
          }
          assert.ok(side !== undefined || !['blue', 'orange'].includes(color?.fixedColor ?? ''), title);
        }
      }
    });
  });
}

/** Fields of several series are found by a pattern, `/text/`: their names have those of the series in them. */
function matches({ id, options }: Panel['fieldConfig']['overrides'][number]['matcher'], name: string): boolean {
  return id === 'byRegexp' ? new RegExp(options.slice(1, -1)).test(name) : options === name;
}

const findingColumns = [
  ...['finding', 'severity', 'text', 'since', 'until', 'client.ip', 'server.ip', 'server.port', 'client.count'],
  ...['conn.count', 'confidence', 'rival', 'next', 'origin', 'filter', 'about'],
];

/** Names of the fields in the answers to a panel's queries, after its transformations. */
function fieldsOf({ targets, transformations = [] }: Panel): string[] {
  const matrix = transformations.some(({ id }) => id === 'groupingToMatrix');
  return targets.flatMap(({ kind, metrics = [], groupBy = [] }) => {
    switch (kind) {
      case 'timeseries':
        return metrics;
      case 'conversations':
        return ['client.ip', 'server.ip', 'server.port', ...groupBy, ...metrics, 'cause', 'first.seen', 'last.seen'];
      case 'connections':
        return metrics;
      case 'causes':
        return [...groupBy, 'cause', 'conn.count', 'confidence'];
      case 'findings':
        return findingColumns;
      case 'health':
        assert.ok(metrics.every((name) => healthNames.includes(name)));
        return matrix ? [...metrics, 'interface\\Field', 'reason\\interface'] : metrics;
      case 'feedseries':
        return metrics;
      case 'feed':
        return [...groupBy, ...metrics, 'reason'];
      default:
        return [...groupBy, ...metrics];
    }
  });
}

describe('data links', () => {
  const links = dashboards.flatMap(([file, { panels }]) =>
    panels.flatMap((panel) => linksOf(panel).map(({ field, link }) => ({ file, panel, field, link })))
  );
  const target = dashboards.find(([file]) => file === 'conversations.json')![1];
  const boxes = target.templating.list.filter(({ type }) => type === 'textbox').map(({ name }) => name);

  it('are there for every first column of a table about traffic, and for every way to end', () => {
    const linked = new Set(links.map(({ panel }) => panel.title));
    const tables = dashboards.flatMap(([, { panels }]) => panels.filter(({ type }) => type === 'table'));
    for (const { title, targets } of tables.filter(
      (panel) => !['health', 'feed'].includes(panel.targets[0]?.kind ?? '')
    )) {
      assert.ok(linked.has(title), `${title}: ${targets[0]?.kind}`);
    }
    assert.ok(links.length > 20);
  });

  const rows: Array<Record<string, string>> = [
    { 'client.ip': '10.1.0.11', 'server.ip': '10.2.0.5', 'server.port': '443', application: 'https', 'client.zone': '/Local', 'server.zone': '', cause: 'no-answer', about: 'server.ip = 10.2.0.5 and server.port = 443' },
    { 'client.ip': '2001:db8::17', 'server.ip': '::1', 'server.port': '1194', application: 'R&D #1 + 100%?', 'client.zone': '/it’s', 'server.zone': "/it's/$HOME/${x}", cause: 'normal', about: '' },
  ]; // prettier-ignore
  const filters = [
    '',
    'rst.count > 0 and fin.count = 0',
    'application in {"R&D", "a=b;c"} or client.ip = 2001:db8::/32',
  ];

  for (const { file, panel, field, link } of links) {
    it(`keep time range, data source and filter, and select what was clicked: ${file}, ${panel.title}, ${field}: ${link.title}`, () => {
      for (const row of rows) {
        for (const filter of filters) {
          const variables = { datasource: 'tcpevents', drill: '', filter, Filters: 'server.ip|=|10.0.0.1' };
          const { pathname, searchParams } = follow(link.url, { field, row, variables });
          assert.equal(pathname, `/d/${target.uid}`);
          assert.deepEqual([searchParams.get('from'), searchParams.get('to')], ['1000', '2000']);
          assert.equal(searchParams.get('var-datasource'), 'tcpevents');
          assert.equal(searchParams.get('var-filter'), filter);
          const given = [...searchParams.keys()].filter((key) => key.startsWith('var-'));
          const known = target.templating.list.map(({ name }) => `var-${name}`);
          assert.deepEqual(given.filter((key) => !known.includes(key)), []); // prettier-ignore

          const values = Object.fromEntries(boxes.map((name) => [name, searchParams.get(`var-${name}`) ?? '']));
          for (const { targets } of target.panels) {
            targets.forEach((query) => readQuestion(sent(query, values), limits));
          }
          const drill = parseFilter(values.drill ?? '', 'windows', { variables: 'refuse' });
          assert.ok(drill.ok, values.drill);
          if (field === 'cause') {
            assert.equal(values.connections, `cause = "${row.cause}"`);
          } else if (link.url.includes('__data.fields["about"]')) {
            assert.equal(values.drill, row.about);
          } else if (field in row) {
            assert.ok(values.drill?.includes(`${field} = "${row[field]}"`), values.drill);
          } else {
            assert.notEqual(values.connections, '');
          }
        }
      }
    });
  }
});
