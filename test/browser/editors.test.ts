import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from '../plugin-host/paths.js';
import { librariesMissing } from './buildHost.js';
import { startStage, type Stage } from './stage.js';

interface Edited {
  kind?: string;
  metrics?: string[];
  groupBy?: string[];
  filter?: string;
  url?: string;
  basicAuth?: boolean;
  orderBy?: { field: string };
  adHoc?: unknown[];
  leaveOut?: string[];
  field?: string;
  secureJsonData?: Record<string, string>;
  jsonData?: Record<string, unknown>;
}
const edited = (page: Page) => page.evaluate(() => globalThis.host.state.edited) as Promise<Edited>;

/**
 * Chooses one of the values to leave out. Grafana's field draws its options anew when it has room for a choice, and a click on
 * one that is being drawn is none: like a user, it clicks again when nothing has happened.
 */
async function choose(page: Page, name: RegExp, value: string): Promise<void> {
  for (let tries = 0; tries < 5 && (await edited(page)).leaveOut?.includes(value) !== true; tries++) {
    await page.getByRole('option', { name }).click();
    const chosen = (wanted: string) => (globalThis.host.state.edited as Edited).leaveOut?.includes(wanted) === true;
    await page.waitForFunction(chosen, value, { timeout: 3000 }).catch(() => {});
  }
}

const runs = (page: Page) => page.evaluate(() => globalThis.host.state.runs);

describe('the editors in a browser', { skip: missing('backend', 'frontend') || librariesMissing }, () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage?.close());

  for (const width of [1100, 600]) {
    it(`shows a new query and its controls by name, ${width} pixels wide`, async () => {
      const { page, errors } = await stage.open(width, 420);
      await page.evaluate(() => globalThis.host.showQueryEditor({}));
      await page.getByText('rst.ratio.srv').first().waitFor();
      for (const name of ['Show', 'Metrics', 'Group by']) {
        assert.ok(await page.getByRole('combobox', { name }).isVisible(), name);
      }
      assert.ok(await page.getByRole('textbox', { name: 'Filter' }).isVisible());
      assert.ok(await page.getByRole('radio', { name: 'Flows' }).isChecked());
      const widest = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(widest <= width, `the page is ${widest} pixels wide`);
      const group = await page.getByRole('combobox', { name: 'Group by' }).boundingBox();
      const filter = await page.getByRole('textbox', { name: 'Filter' }).boundingBox();
      assert.ok(group && filter);
      const gap = filter.y - group.y - group.height;
      assert.ok(gap < 80, `${gap} pixels between the first row and the filter`);
      await stage.screenshot(page, `query-editor-${width}`);
      assert.deepEqual(errors, []);
      await page.close();
    });

    it(`shows the settings, ${width} pixels wide`, async () => {
      const { page, errors } = await stage.open(width, 900);
      await page.evaluate(() => globalThis.host.showConfigEditor({}));
      const url = page.getByRole('textbox', { name: 'Data source connection URL' });
      await url.waitFor();
      assert.equal(await url.inputValue(), 'http://127.0.0.1:8477');
      await stage.screenshot(page, `config-editor-${width}`);
      assert.deepEqual(errors, []);
      await page.close();
    });
  }

  it('tells where a filter is wrong, and takes the suggestion', async () => {
    const { page, errors } = await stage.open(1100, 420);
    await page.evaluate(() => globalThis.host.showQueryEditor({}));
    const filter = page.getByRole('textbox', { name: 'Filter' });
    await filter.fill('ct.count = 0 and rst.cuont > 0');
    const verdict = page.getByTestId('filter-verdict');
    await verdict.getByText('rst.cuont').first().waitFor();
    assert.equal(await verdict.locator('mark').textContent(), 'rst.cuont');
    assert.equal(await filter.getAttribute('aria-invalid'), 'true');
    await stage.screenshot(page, 'query-editor-mistake');

    await verdict.getByRole('button', { name: 'Use rst.count' }).click();
    await page.waitForFunction(() => document.querySelector('[aria-invalid=true]') === null);
    assert.equal(await filter.inputValue(), 'ct.count = 0 and rst.count > 0');
    // The analyzer takes it, and has an advice on it.
    await verdict.getByText('rst.noconn').first().waitFor();
    assert.equal(await verdict.locator('mark').count(), 0);
    assert.equal((await edited(page)).filter, 'ct.count = 0 and rst.count > 0');
    assert.ok((await runs(page)) > 0);
    assert.deepEqual(errors, []);
    await page.close();
  });

  it('tells that a filter ends too early, at its end', async () => {
    const { page } = await stage.open(1100, 420);
    await page.evaluate(() => globalThis.host.showQueryEditor({}));
    const filter = page.getByRole('textbox', { name: 'Filter' });
    await filter.fill('rst.count > 0 and ');
    await page.waitForFunction(() => document.querySelector('[aria-invalid=true]') !== null);
    await filter.fill('rst.count > 0 and fin.count = 0');
    await page.waitForFunction(() => document.querySelector('[aria-invalid=true]') === null);
    await page.close();
  });

  it('advises on a filter that misses those who never connect', async () => {
    const { page } = await stage.open(1100, 420);
    await page.evaluate(() => globalThis.host.showQueryEditor({ filter: 'syn.ratio > 3' }));
    const verdict = page.getByTestId('filter-verdict');
    await verdict.getByText('syn.ratio').first().waitFor();
    await stage.screenshot(page, 'query-editor-advice');
    await verdict.getByRole('button', { name: 'Use it' }).click();
    assert.match((await edited(page)).filter ?? 'none', /^syn\.ratio > 3 or /);
    await page.close();
  });

  it('runs a filter from the examples', async () => {
    const { page } = await stage.open(1100, 700);
    await page.evaluate(() => globalThis.host.showQueryEditor({}));
    await page.getByRole('button', { name: 'Examples' }).click();
    await page.getByRole('menuitem', { name: /^RST, no FIN/ }).waitFor();
    await stage.screenshot(page, 'query-editor-examples');
    await page.getByRole('menuitem', { name: /^RST, no FIN/ }).click();
    assert.equal((await edited(page)).filter, 'rst.count > 0 and fin.count = 0');
    assert.equal(await runs(page), 1);
    await page.close();
  });

  it('keeps what the user chose when the kind of query changes', async () => {
    const { page } = await stage.open(1100, 700);
    await page.evaluate(() => globalThis.host.showQueryEditor({ metrics: ['refused.count'], filter: 'ct.count = 0' }));
    await page.getByRole('combobox', { name: 'Show' }).click();
    await stage.screenshot(page, 'query-editor-kinds');
    await page.getByRole('option', { name: /^Top/ }).click();
    await page.waitForFunction(() => (globalThis.host.state.edited as Edited).kind === 'top');
    const query = await edited(page);
    assert.equal(query.kind, 'top');
    assert.deepEqual(query.metrics, ['refused.count']);
    assert.deepEqual(query.groupBy, ['client.ip']);
    assert.equal(query.filter, 'ct.count = 0');
    assert.equal(query.orderBy?.field, 'refused.count');

    for (const kind of ['Connections', 'Top']) {
      await page.getByRole('combobox', { name: 'Show' }).click();
      await page.getByRole('option', { name: new RegExp(`^${kind}`) }).click();
      await page.waitForFunction((now) => (globalThis.host.state.edited as Edited).kind === now, kind.toLowerCase());
    }
    assert.deepEqual(await edited(page), query);
    await page.close();
  });

  it('offers the catalogue with meanings and units', async () => {
    const { page } = await stage.open(1100, 700);
    await page.evaluate(() => globalThis.host.showQueryEditor({}));
    await page.getByText('rst.ratio.srv').first().waitFor();
    await page.getByRole('combobox', { name: 'Metrics' }).fill('noanswer.ratio');
    const option = page.getByRole('option', { name: /noanswer\.ratio/ });
    await option.waitFor();
    assert.match((await option.textContent()) ?? '', /Share of attempts that got no answer \(share, 0 to 1\)/);
    await stage.screenshot(page, 'query-editor-metrics');
    await option.click();
    assert.deepEqual((await edited(page)).metrics, ['rst.ratio.clt', 'rst.ratio.srv', 'noanswer.ratio']);
    await page.close();
  });

  it('leaves out what is chosen, and takes it back', async () => {
    const { page } = await stage.open(1100, 700);
    await page.evaluate(() => globalThis.host.showQueryEditor({ kind: 'top' }));
    await page.getByRole('combobox', { name: 'Leave out' }).click();
    for (const [name, value] of [
      [/^Scans/, 'scans'],
      [/^RST on purpose/, 'rst-by-design'],
    ] as const) {
      await choose(page, name, value);
    }
    await stage.screenshot(page, 'query-editor-leave-out');
    assert.deepEqual((await edited(page)).leaveOut, ['scans', 'rst-by-design']);
    await page.keyboard.press('Escape');
    // The field takes its new width a moment later, and a click that it slips away from is none.
    for (const name of ['Remove Scans', 'Remove RST on purpose']) {
      const button = page.getByRole('button', { name });
      for (let tries = 0; tries < 20 && (await button.count()) > 0; tries++) {
        await button.click();
        await page.waitForTimeout(50);
      }
    }
    assert.equal((await edited(page)).leaveOut, undefined);
    await page.close();
  });

  it('shows conditions that came from clicks, and lets them go', async () => {
    const { page } = await stage.open(1100, 500);
    const adHoc = [{ key: 'server.ip', operator: '=', value: '10.2.0.9' }];
    await page.evaluate((added) => globalThis.host.showQueryEditor({ kind: 'conversations', adHoc: added }), adHoc);
    await page.getByRole('button', { name: 'server.ip = 10.2.0.9' }).waitFor();
    await stage.screenshot(page, 'query-editor-clicks');
    await page.getByRole('button', { name: 'server.ip = 10.2.0.9' }).click();
    assert.deepEqual((await edited(page)).adHoc, []);
    await page.close();
  });

  it('warns of variables in an alert rule', async () => {
    const { page } = await stage.open(1100, 500);
    const query = { filter: 'server.ip in $server' };
    await page.evaluate((saved) => globalThis.host.showQueryEditor(saved, 'unified-alerting'), query);
    await page.getByText('Alert rules have no dashboard variables').waitFor();
    await page.close();
  });

  it('stores a token apart from the settings', async () => {
    const { page } = await stage.open(1100, 900);
    await page.evaluate(() => globalThis.host.showConfigEditor({}));
    await page.getByRole('combobox', { name: 'Authentication method' }).click();
    await page.getByText('One of the analyzer’s API tokens').click();
    await page.getByRole('textbox', { name: 'Token' }).fill('secret');
    const options = await edited(page);
    assert.equal(options.secureJsonData?.token, 'secret');
    assert.equal(options.basicAuth, false);
    assert.doesNotMatch(JSON.stringify(options.jsonData), /secret/);
    await stage.screenshot(page, 'config-editor-token');
    await page.close();
  });

  it('chooses the field of a variable', async () => {
    const { page, errors } = await stage.open(1100, 500);
    await page.evaluate(() => globalThis.host.showVariableEditor({ refId: 'variable', field: 'client.ip' }));
    await page.getByRole('combobox', { name: 'Field' }).click();
    await page.getByRole('option', { name: /^server\.port/ }).click();
    assert.equal((await edited(page)).field, 'server.port');
    assert.deepEqual(errors, []);
    await page.close();
  });
});
