import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { inRepository } from '../plugin-host/paths.js';
import { dashboards } from './dashboards.js';

const read = (path: string) => parse(readFileSync(inRepository(path), 'utf8'), { strict: true }) as unknown;
const { id: plugin } = JSON.parse(readFileSync(inRepository('src/plugin.json'), 'utf8')) as { id: string };

type Fields = Record<string, unknown>;
/** Grafana ignores keys that it does not know, so a typing error would go unnoticed there. */
function hasOnly(object: Fields, keys: readonly string[], what: string): void {
  assert.deepEqual(
    Object.keys(object).filter((key) => !keys.includes(key)),
    [],
    `${what} has keys that Grafana does not know`
  );
}

/** Names of environment variables in a file; `$$` is a dollar. */
const environmentOf = (path: string) =>
  [
    ...readFileSync(inRepository(path), 'utf8')
      .replaceAll('$$', '')
      .matchAll(/\$\{(\w+)/g),
  ].map(([, name]) => name);

describe('provisioning of the data source', () => {
  const { datasources, ...file } = read('provisioning/datasources/datasources.yml') as Fields & {
    datasources: Array<Fields & { jsonData: Fields; secureJsonData: Fields }>;
  };

  it('has the keys that Grafana documents', () => {
    assert.deepEqual(file, { apiVersion: 1 });
    for (const one of datasources) {
      const documented = 'name type access orgId uid url user database basicAuth basicAuthUser withCredentials isDefault version editable jsonData secureJsonData'; // prettier-ignore
      hasOnly(one, documented.split(' '), 'the data source');
    }
  });

  it('takes address and token from the environment, and holds no secret', () => {
    const [one] = datasources;
    assert.equal(one?.type, plugin);
    assert.equal(one?.url, '${TCPSCOPE_URL}');
    assert.deepEqual(one?.secureJsonData, { token: '${TCPSCOPE_TOKEN}' });
    // A text would mean no time limit at all (pkg/plugin/settings.go).
    assert.equal(typeof one?.jsonData.timeout, 'number');
  });
});

describe('provisioning of the dashboards', () => {
  const { providers, ...file } = read('provisioning/dashboards/dashboards.yml') as Fields & {
    providers: Array<Fields & { options: Fields }>;
  };

  it('has the keys that Grafana documents', () => {
    assert.deepEqual(file, { apiVersion: 1 });
    for (const one of providers) {
      const documented =
        'name orgId folder folderUid type disableDeletion updateIntervalSeconds allowUiUpdates options';
      hasOnly(one, documented.split(' '), 'the provider');
      hasOnly(one.options, ['path', 'foldersFromFilesStructure'], 'its options');
    }
  });
});

interface Rule {
  uid: string;
  title: string;
  condition: string;
  for: string;
  noDataState: string;
  execErrState: string;
  dashboardUid: string;
  panelId: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  data: Array<{
    refId: string;
    datasourceUid: string;
    relativeTimeRange?: { from: number; to: number };
    model: Fields;
  }>;
}

describe('provisioning of alert rules', () => {
  const folder = 'provisioning/alerting';
  const files = readdirSync(inRepository(folder));
  const groups = files.flatMap((name) => {
    const { groups: own, ...file } = read(`${folder}/${name}`) as Fields & {
      groups: Array<Fields & { interval: string; rules: Rule[] }>;
    };
    assert.deepEqual(file, { apiVersion: 1 }, 'rules only: who is told is the user’s choice');
    return own;
  });
  const rules = groups.flatMap((group) => group.rules);

  it('has the keys that Grafana documents', () => {
    for (const group of groups) {
      hasOnly(group, ['orgId', 'name', 'folder', 'interval', 'rules'], 'the group');
      for (const rule of group.rules) {
        const documented = 'uid title condition data dashboardUid panelId noDataState execErrState for keepFiringFor missing_series_evals_to_resolve annotations labels isPaused'; // prettier-ignore
        hasOnly(rule as unknown as Fields, documented.split(' '), rule.title);
        assert.match(rule.uid, /^[\w-]{1,40}$/);
        assert.ok(['OK', 'Alerting', 'NoData', 'KeepLast'].includes(rule.noDataState));
        assert.ok(['OK', 'Alerting', 'Error', 'KeepLast'].includes(rule.execErrState));
      }
    }
    assert.equal(new Set(rules.map(({ uid }) => uid)).size, rules.length);
  });

  it('lies in the folder of the dashboards', () => {
    const [provider] = (read('provisioning/dashboards/dashboards.yml') as { providers: Fields[] }).providers;
    groups.forEach((group) => assert.equal(group.folder, provider?.folder));
  });

  for (const rule of rules) {
    it(`"${rule.title}" names a panel that is there, and steps that build on each other`, () => {
      const dashboard = dashboards.find(([, { uid }]) => uid === rule.dashboardUid)?.[1];
      assert.ok(dashboard?.panels.some(({ id }) => id === rule.panelId));
      const before: string[] = [];
      for (const { refId, datasourceUid, model, relativeTimeRange } of rule.data) {
        assert.equal(model.refId, refId);
        if (datasourceUid === '__expr__') {
          const expression = String(model.expression);
          const named = model.type === 'math' ? [...expression.matchAll(/\$(\w+)/g)].map(([, name]) => name!) : [expression]; // prettier-ignore
          named.forEach((name) => assert.ok(before.includes(name), `${refId} uses ${name}`));
        } else {
          const [source] = (read('provisioning/datasources/datasources.yml') as { datasources: Fields[] }).datasources;
          assert.equal(datasourceUid, source?.uid);
          assert.ok(relativeTimeRange !== undefined && relativeTimeRange.from > relativeTimeRange.to);
        }
        before.push(refId);
      }
      assert.equal(rule.condition, before.at(-1));
    });

    it(`"${rule.title}" says what happened in its summary, and reads no environment`, () => {
      assert.ok(rule.annotations.summary!.length > 20);
      // Grafana replaces ${NAME} in annotations, and $NAME in everything else but the queries.
      Object.values(rule.annotations).forEach((text) => assert.doesNotMatch(text, /\$\{/));
      Object.values(rule.labels).forEach((text) => assert.doesNotMatch(text, /\$/));
    });
  }
});

describe('docker-compose.yml', () => {
  interface Service {
    command?: string;
    network_mode: string;
    user?: string;
    cap_drop: string[];
    cap_add?: string[];
    security_opt: string[];
    read_only?: boolean;
    tmpfs?: string[];
    volumes: string[];
    environment: Record<string, string>;
    healthcheck: { test: string[] };
    ports?: unknown;
    privileged?: unknown;
    depends_on?: Record<string, { condition: string }>;
  }
  const { services, volumes } = read('docker-compose.yml') as {
    services: Record<'analyzer' | 'grafana', Service>;
    volumes: Record<string, unknown>;
  };
  const { analyzer, grafana } = services;

  it('has the keys of the Compose specification', () => {
    const documented = 'build image command network_mode environment user cap_drop cap_add security_opt read_only tmpfs volumes init stop_grace_period restart healthcheck depends_on'; // prettier-ignore
    for (const [name, service] of Object.entries(services)) {
      hasOnly(service as unknown as Fields, documented.split(' '), name);
      hasOnly(service.healthcheck, ['test', 'interval', 'timeout', 'start_period', 'retries'], `${name}.healthcheck`);
    }
  });

  it('gives the analyzer the right to capture and no other', () => {
    assert.deepEqual([analyzer.cap_drop, analyzer.cap_add], [['ALL'], ['NET_RAW']]);
    assert.equal(analyzer.privileged, undefined);
    assert.deepEqual(analyzer.security_opt, ['no-new-privileges:true']);
    assert.equal(analyzer.network_mode, 'host');
  });

  it('lets the analyzer write to its store and to a temporary folder alone', () => {
    assert.equal(analyzer.read_only, true);
    const store = /--store (\S+)/.exec(analyzer.command ?? '')?.[1];
    assert.deepEqual(analyzer.volumes, [`store:${store}`]);
    assert.ok('store' in volumes);
    assert.match(analyzer.tmpfs!.join(), /^\/tmp:/);
  });

  it('does not start without a token, and has the same on both sides', () => {
    assert.match(analyzer.environment.TCPSCOPE_TOKEN!, /^\$\{TCPSCOPE_TOKEN:\?.+\}$/);
    assert.equal(grafana.environment.TCPSCOPE_TOKEN, analyzer.environment.TCPSCOPE_TOKEN);
  });

  it('listens on this machine only', () => {
    assert.equal(grafana.environment.GF_SERVER_HTTP_ADDR, '127.0.0.1');
    assert.equal(grafana.environment.TCPSCOPE_URL, 'http://127.0.0.1:8477');
    assert.doesNotMatch(analyzer.command!, /--host/); // the analyzer's own default is 127.0.0.1
    assert.equal(analyzer.ports ?? grafana.ports, undefined);
  });

  it('mounts the built plugin, and the provisioning whose environment it sets', () => {
    const mounted = new Map(
      grafana.volumes.map((volume) => {
        const [from = '', to = '', mode] = volume.split(':');
        return [from, { to, mode }] as const;
      })
    );
    const folder = mounted.get('./dist');
    assert.deepEqual(folder, { to: `/var/lib/grafana/plugins/${plugin}`, mode: 'ro' });
    assert.deepEqual(mounted.get('./provisioning'), { to: '/etc/grafana/provisioning', mode: 'ro' });
    assert.equal(grafana.environment.GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS, plugin);
    assert.equal(grafana.environment.TCPSCOPE_DASHBOARDS, `${folder!.to}/dashboards`);
    const needed = ['datasources/datasources.yml', 'dashboards/dashboards.yml'].flatMap((path) =>
      environmentOf(`provisioning/${path}`)
    );
    assert.deepEqual(
      needed.filter((name) => grafana.environment[name!] === undefined),
      []
    );
  });

  it('starts Grafana when the analyzer answers, and watches both', () => {
    assert.equal(grafana.depends_on?.analyzer?.condition, 'service_healthy');
    assert.ok(analyzer.healthcheck.test.includes('/opt/tcpscope/health.mjs'));
    assert.ok(grafana.healthcheck.test.some((word) => word.endsWith('/api/health')));
  });
});

describe('the analyzer’s image', () => {
  const dockerfile = readFileSync(inRepository('analyzer/Dockerfile'), 'utf8');
  const ignored = readFileSync(inRepository('.dockerignore'), 'utf8').split('\n');

  it('copies files that are there and that .dockerignore lets through', () => {
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
      sources!.split(' ')
    );
    assert.ok(copies.length > 5);
    for (const path of copies) {
      assert.ok(existsSync(inRepository(path)), path);
      assert.ok(ignored.includes(`!${path.split('/')[0]}`), `.dockerignore hides ${path}`);
    }
  });

  it('runs on glibc, with one Node that the analyzer supports', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);
    assert.equal(new Set(images).size, 1);
    assert.match(images[0]!, /^node:(22|24)-\w+-slim$/);
  });

  it('keeps secrets and what was captured out of the build', () => {
    assert.equal(ignored.find((line) => line !== '' && !line.startsWith('#')), '*'); // prettier-ignore
  });
});
