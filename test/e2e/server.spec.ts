import { expect, test } from '@grafana/plugin-e2e';
import { withoutGrafana } from './grafana';

/**
 * What Grafana's server makes of the plugin and of provisioning/, without a page: it needs no browser. An analyzer with rows
 * of the last minutes must be behind it.
 */
test.skip(...withoutGrafana);

const source = '/api/datasources/uid/tcpevents';
const rules = '/api/prometheus/grafana/api/v1/rules';

interface Rule {
  name: string;
  /** "ok" before the first evaluation, too; "nodata" is no error. */
  health: string;
  lastError?: string;
  lastEvaluation: string;
  /** Its instances. */
  alerts?: Array<{ annotations: Record<string, string> }>;
}

test('the provisioned data source answers', async ({ request }) => {
  const health = await request.get(`${source}/health`);
  expect(await health.json()).toMatchObject({ status: 'OK', message: expect.stringMatching(/^tcpscope \S+ answers/) });
  const resources = await request.get(`${source}/resources/fields`);
  expect(await resources.json()).toMatchObject({ fields: expect.arrayContaining([expect.objectContaining({ name: 'rst.count.srv' })]) }); // prettier-ignore
});

test('no part of the analyzer’s API but the editors’ can be reached through it', async ({ request }) => {
  for (const path of ['query', 'health', 'openapi.json', '../query']) {
    expect((await request.get(`${source}/resources/${path}`)).status(), path).toBeGreaterThanOrEqual(400);
  }
});

test('the dashboards are there', async ({ request }) => {
  const found = (await (await request.get('/api/search?tag=tcpscope')).json()) as Array<{ uid: string }>;
  const expected = ['tcpscope-capture-health', 'tcpscope-conversations', 'tcpscope-events'];
  expect(found.map(({ uid }) => uid).sort()).toEqual(expected);
});

test('every alert rule is evaluated without an error, and its links lead somewhere', async ({ request }) => {
  test.setTimeout(180_000); // each rule is evaluated once a minute
  const read = async () => {
    const { data } = (await (await request.get(rules)).json()) as { data: { groups: Array<{ rules: Rule[] }> } };
    return data.groups.flatMap((group) => group.rules);
  };
  // Right after its start Grafana has the states from before, with texts that are not filled in yet.
  await expect(async () => {
    const found = await read();
    expect(found.map(({ name }) => name).sort()).toEqual(['Analyzer silent', 'Capture failed', 'Server RST spike']);
    for (const { name, health, lastError, lastEvaluation, alerts } of found) {
      expect(Date.parse(lastEvaluation), `${name} was evaluated`).toBeGreaterThan(0);
      expect(['ok', 'nodata'], `${name}: ${lastError ?? ''}`).toContain(health);
      for (const text of (alerts ?? []).flatMap(({ annotations }) => Object.values(annotations))) {
        expect(text, name).not.toMatch(/\{\{|\[no value\]|NaN/);
        if (/^https?:/.test(text)) {
          const { pathname, search } = new URL(text);
          expect((await request.get(pathname + search)).status(), text).toBe(200);
        }
      }
    }
  }).toPass({ timeout: 170_000, intervals: [5000] });
});
