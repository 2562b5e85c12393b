import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { inRepository, missing } from '../plugin-host/paths.js';
import { librariesMissing } from './buildHost.js';
import { sampleDashboard } from './sampleDashboard.js';
import { startStage, type Stage } from './stage.js';

const real = process.env.TCPSCOPE_URL !== undefined;
/** A real analyzer is asked for the last hour, or for the range in which it was fed (milliseconds since 1970). */
const to = Number(process.env.TCPSCOPE_TO ?? (real ? Date.now() : Date.UTC(2026, 0, 2, 12)));
const from = Number(process.env.TCPSCOPE_FROM ?? to - 3_600_000);

const servers = ['10.2.0.5', '10.2.0.8', '10.2.0.9'];
const chosen = (value: string | string[]) => [{ name: 'server', value, options: servers }];

describe('queries from a browser', { skip: missing('backend', 'frontend') || librariesMissing }, () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage?.close());

  /** The query model that reached the analyzer last. */
  function lastQuery(): Record<string, unknown> {
    const request = stage.analyzer?.requests.filter(({ path }) => path.endsWith('/query')).at(-1);
    assert.ok(request, 'the analyzer was asked');
    return (JSON.parse(request.body) as { queries: Array<Record<string, unknown>> }).queries[0] ?? {};
  }

  it('draws every panel type from what the analyzer answers', async () => {
    const { page, errors } = await stage.open(1400, 900);
    await page.evaluate((list) => globalThis.host.setVariables(list), chosen('$__all'));
    const panels = await page.evaluate(
      ([dashboard, start, end]) => globalThis.host.showDashboard(dashboard, start, end),
      [sampleDashboard, from, to] as const
    );
    await stage.screenshot(page, 'dashboard-sample');
    assert.equal(panels.length, sampleDashboard.panels.length);
    for (const { title, error } of panels) {
      assert.equal(error, undefined, title);
    }
    assert.equal(await page.locator('[data-testid^="panel"] canvas').count(), 1);
    if (!real) {
      const table = page.getByTestId('panel Top clients of 10.2.0.5');
      const all = page.getByTestId('panel Top clients of {10.2.0.5,10.2.0.8,10.2.0.9}');
      const text = (await all.or(table).textContent()) ?? '';
      assert.match(text, /10\.1\.0\.77/);
      assert.match(text, /∞ \(no connection\)/);
      assert.doesNotMatch(text, /ct\.count/);
      const link = all.or(table).getByRole('link', { name: '10.1.0.77' });
      assert.equal(await link.getAttribute('href'), `/d/conversations?var-client=10.1.0.77&from=${from}&to=${to}`);
    }
    assert.deepEqual(errors, []);
    await page.close();
  });

  it('puts the choice of a variable into the filter, and nothing for all', { skip: real }, async () => {
    const { page } = await stage.open(800, 600);
    const target = { refId: 'A', kind: 'top', groupBy: ['client.ip'], filter: 'server.ip = $server and rst.count > 0' };
    for (const [value, filter] of [
      ['10.2.0.5', 'server.ip = "10.2.0.5" and rst.count > 0'],
      [['10.2.0.5', '10.2.0.9'], 'server.ip in {"10.2.0.5", "10.2.0.9"} and rst.count > 0'],
      [['$__all'], 'rst.count > 0'],
    ] as const) {
      await page.evaluate(
        (list) => globalThis.host.setVariables(list),
        chosen(typeof value === 'string' ? value : [...value])
      );
      const query = [[{ ...target, metrics: ['rst.count'] }], from, to] as const;
      const { errors } = await page.evaluate(
        ([targets, start, end]) => globalThis.host.query([...targets], start, end),
        query
      );
      assert.deepEqual(errors, []);
      assert.equal(lastQuery().filter, filter);
    }
    await page.close();
  });

  it('sends ad hoc filters apart from the user’s text', { skip: real }, async () => {
    const { page } = await stage.open(800, 600);
    const filters = [{ key: 'server.ip', operator: '=|', value: '10.2.0.5', values: ['10.2.0.5', '10.2.0.9'] }];
    const query = [[{ refId: 'A', filter: 'rst.count > 0' }], from, to, filters] as const;
    await page.evaluate(
      ([targets, start, end, added]) => globalThis.host.query([...targets], start, end, [...added]),
      query
    );
    const { adHoc, filter, kind, metrics } = lastQuery();
    assert.deepEqual(adHoc, filters);
    assert.equal(filter, 'rst.count > 0');
    assert.equal(kind, 'timeseries');
    assert.deepEqual(metrics, ['rst.ratio.clt', 'rst.ratio.srv']);
    await page.close();
  });

  it('shows the analyzer’s own words when a query is wrong, and the other query’s frames', async () => {
    const { page } = await stage.open(800, 600);
    const wrong = { refId: 'A', kind: 'timeseries', metrics: ['rst.count'], filter: 'rst.cuont > 0' };
    const right = { refId: 'B', kind: 'timeseries', metrics: ['rst.count'] };
    const query = [[wrong, right], from, to] as const;
    const { errors, frames } = await page.evaluate(
      ([targets, start, end]) => globalThis.host.query([...targets], start, end),
      query
    );
    assert.equal(errors.length, 1);
    assert.equal(errors[0]?.refId, 'A');
    assert.match(errors[0]?.message ?? '', /rst\.cuont.*TCPS_E_FILTER_FIELD/);
    assert.ok(frames.some(({ refId }) => refId === 'B'));
    await page.close();
  });

  it('lists the values of a field for a variable', async () => {
    const { page } = await stage.open(800, 600);
    const values = await page.evaluate(
      ([start, end]) =>
        globalThis.host.variableValues({ refId: 'v', kind: 'values', field: 'server.port' }, start, end),
      [from, to] as const
    );
    assert.ok(values.length > 0);
    assert.ok(
      values.every((value) => /^\d+$/.test(value)),
      values.join()
    );
    await page.close();
  });

  interface Bundled {
    uid: string;
    templating: { list: Array<{ name: string; type: string }> };
  }
  const folder = inRepository('src/dashboards');
  const bundledFrom = (file: string) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Bundled;
  /** The variables of a dashboard as it is opened, some of them given in its address. */
  const opened = ({ templating }: Bundled, given = new URLSearchParams()) =>
    templating.list.map(({ name, type }) => ({
      name,
      value: given.get(`var-${name}`) ?? (type === 'datasource' ? 'tcpevents' : ''),
    }));

  it('leads from a client to its conversations and from there to one of them', async () => {
    const { page, errors } = await stage.open(1600, 2000);
    const draw = async (file: string, given?: URLSearchParams) => {
      const dashboard = bundledFrom(file);
      await page.evaluate((list) => globalThis.host.setVariables(list), opened(dashboard, given));
      const panels = await page.evaluate(([json, start, end]) => globalThis.host.showDashboard(json, start, end), [
        dashboard,
        from,
        to,
      ] as const);
      assert.deepEqual(
        panels.flatMap(({ error }) => error ?? []),
        []
      );
    };
    const follow = async (panel: string, column: number) => {
      const row = page.getByTestId(`panel ${panel}`).getByRole('row').nth(1);
      const link = row.getByRole('gridcell').nth(column).getByRole('link');
      const [text, href] = [await link.textContent(), await link.getAttribute('href')];
      const { pathname, searchParams } = new URL(href ?? '', 'http://grafana');
      assert.equal(pathname, `/d/${bundledFrom('conversations.json').uid}`);
      assert.deepEqual([searchParams.get('from'), searchParams.get('to')], [String(from), String(to)]);
      await draw('conversations.json', searchParams);
      return { text, drill: searchParams.get('var-drill') };
    };

    await draw('tcp-events.json');
    const client = await follow('Top clients by server RST', 0);
    assert.equal(client.drill, `client.ip = "${client.text}"`);
    await stage.screenshot(page, 'dashboard-conversations-of-client');
    const conversation = await follow('Conversations', 2);
    assert.match(conversation.drill ?? '', /^client\.ip = "[^"]+" and server\.ip = "[^"]+" and server\.port = "\d+"$/);
    assert.ok(!real || conversation.drill?.startsWith(client.drill ?? '?'), conversation.drill ?? '');
    await stage.screenshot(page, 'dashboard-conversation');
    assert.deepEqual(errors, []);
    await page.close();
  });

  for (const file of readdirSync(folder)) {
    it(`draws the bundled dashboard ${file} without an error`, async () => {
      const dashboard = bundledFrom(file);
      // As tall as the longest: tables draw only the rows that are seen.
      const { page, errors } = await stage.open(1600, 2000);
      await page.evaluate((list) => globalThis.host.setVariables(list), opened(dashboard));
      const panels = await page.evaluate(([json, start, end]) => globalThis.host.showDashboard(json, start, end), [
        dashboard,
        from,
        to,
      ] as const);
      await stage.screenshot(page, `dashboard-${file.replace(/\.json$/, '')}`);
      assert.deepEqual(
        panels.filter(({ error }) => error !== undefined).map(({ title, error }) => `${title}: ${error}`),
        []
      );
      assert.deepEqual(errors, []);
      await page.close();
    });
  }
});
