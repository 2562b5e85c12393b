import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describe, it } from 'node:test';
import { backendBinary, inRepository, missing } from './plugin-host/paths.js';

/**
 * The rules of Grafana's plugin validator that need neither a network nor its binary, so that a release is not refused for
 * something that could have been known before (github.com/grafana/plugin-validator).
 */
const read = (path: string) => readFileSync(inRepository(path), 'utf8');
const json = <T>(path: string) => JSON.parse(read(path)) as T;

function filesIn(folder: string, extensions: string[]): string[] {
  return readdirSync(inRepository(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path, extensions) : extensions.includes(extname(path)) ? [path] : [];
  });
}

interface PluginJson {
  id: string;
  name: string;
  type: string;
  backend: boolean;
  alerting: boolean;
  executable: string;
  includes: Array<{ type: string; name: string; path: string }>;
  info: {
    description: string;
    keywords: string[];
    version: string;
    updated: string;
    logos: { small: string; large: string };
    links: Array<{ name: string; url: string }>;
    screenshots: Array<{ path: string }>;
  };
  dependencies: { grafanaDependency: string };
}
const plugin = json<PluginJson>('src/plugin.json');

describe('plugin.json', () => {
  it('has an id that can stay, and the parts that the catalogue shows', () => {
    assert.match(plugin.id, /^[0-9a-z]+-([0-9a-z]+-)?datasource$/);
    assert.equal(plugin.type, 'datasource');
    assert.ok(plugin.name.length > 0 && plugin.info.description.length > 0 && plugin.info.keywords.length > 0);
    assert.ok(plugin.info.links.every(({ url }) => url.startsWith('https://')));
    assert.ok(plugin.info.links.some(({ name }) => /license/i.test(name)));
  });

  it('takes version and date from the build', () => {
    assert.equal(plugin.info.version, '%VERSION%');
    assert.equal(plugin.info.updated, '%TODAY%');
  });

  it('has a backend for alert rules, under a name that Grafana starts', () => {
    assert.equal(plugin.backend && plugin.alerting, true);
    assert.match(plugin.executable, /^gpx_[a-z0-9_]+$/);
    assert.match(read('Magefile.go'), /grafana-plugin-sdk-go\/build/);
  });

  it('says which Grafana it needs, open to later ones and to their previews', () => {
    assert.match(plugin.dependencies.grafanaDependency, /^>=\d+\.\d+\.\d+-0$/);
  });

  it('names files that are there', () => {
    const { logos, screenshots } = plugin.info;
    for (const path of [logos.small, logos.large, ...screenshots.map((one) => one.path)]) {
      assert.ok(existsSync(inRepository(`src/${path}`)), path);
    }
    for (const { path } of plugin.includes) {
      assert.ok(existsSync(inRepository(`src/${path}`)), path);
    }
  });
});

describe('bundled dashboards', () => {
  interface Panel {
    title?: string;
    datasource?: { uid?: string };
    targets?: Array<{ datasource?: { uid?: string } }>;
    panels?: Panel[];
  }
  const builtIn = /^\$\{?[A-Za-z_]+\}?$|^-- .* --$|^grafana$|^__expr__$/;
  for (const { path, name } of plugin.includes.filter(({ type }) => type === 'dashboard')) {
    it(`${name} asks the data source that the user chooses`, () => {
      const { panels, id } = json<{ panels: Panel[]; id?: unknown }>(`src/${path}`);
      assert.ok(id === undefined || id === null, 'a dashboard must not bring its id');
      const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
      for (const { title, datasource, targets = [] } of all) {
        for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
          assert.ok(source?.uid === undefined || builtIn.test(source.uid), `${title}: ${source?.uid}`);
        }
      }
    });
  }
});

describe('the release', () => {
  const { version, scripts } = json<{ version: string; scripts: Record<string, string> }>('package.json');

  it('has one version, which the changelog knows', () => {
    assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'));
  });

  it('has a licence that the catalogue accepts', () => {
    assert.match(read('LICENSE'), /Apache License\s+Version 2\.0/);
  });

  it('is built as the catalogue builds plugins', () => {
    assert.match(read('.config/webpack/webpack.config.ts'), /@grafana\/create-plugin/);
    assert.ok(Object.values(scripts).every((script) => !script.includes('grafana-toolkit')));
  });

  it('has a catalogue page for users, not for developers', () => {
    const page = read('src/README.md');
    assert.doesNotMatch(page, /yarn|nodejs|<!--|This is a template|npm run/i);
    assert.match(page, /^# /);
    for (const [, target] of page.matchAll(/\]\(([^)]+)\)/g)) {
      assert.match(target ?? '', /^https:\/\//, 'the page is shown away from the repository');
    }
  });

  it('has pictures without programs in them', () => {
    for (const path of filesIn('src', ['.svg'])) {
      assert.doesNotMatch(read(path), /<script|<foreignObject|\son\w+=|href\s*=\s*["'](?!#)/i, path);
    }
  });
});

describe('what is shipped', () => {
  const sources = filesIn('src', ['.ts', '.tsx']).filter((path) => !/\.test\.tsx?$|^src\/test\//.test(path));
  const forbidden = [
    [/\bconsole\./, 'writes to the console'],
    [/window\.(grafanaBootData|grafanaRuntime|__grafanaSceneContext|location|open)/, 'reaches around Grafana'],
    [/\b(alert|confirm|prompt)\(/, 'opens a dialog of the browser'],
    [/\/api\/ds\/query/, 'asks Grafana around its data source class'],
    [/testDatasource\(/, 'replaces the backend’s health check'],
    [/@ts-(ignore|expect-error)/, 'hides a type error'],
    [/gf-form/, 'uses styles that are gone'],
    [/import ['"][^'"]+\.css['"]|<Global\b/, 'styles all of Grafana'],
    [/from ['"](monaco-editor|@grafana\/ui\/|@grafana\/schema\/|lodash)/, 'imports what Grafana does not share'],
    [/\bReact\.use\(|\{[^}]*\buse\b[^}]*\} from 'react'/, 'needs React 19'],
  ] as const;
  for (const path of sources) {
    it(`${path} keeps the rules`, () => {
      const text = read(path);
      for (const [pattern, what] of forbidden) {
        assert.doesNotMatch(text, pattern, what);
      }
    });
  }

  it('the backend neither reads files or the environment nor prints', () => {
    for (const path of filesIn('pkg', ['.go']).filter((file) => !file.endsWith('_test.go'))) {
      const text = read(path);
      assert.doesNotMatch(
        text,
        /os\.(Getenv|Environ|LookupEnv|Open|ReadFile|Create|WriteFile)|"syscall"\n.*Exec/,
        path
      );
      assert.doesNotMatch(text, /fmt\.Print|println\(/, path);
    }
  });

  it('no test data is copied beside the plugin', () => {
    const copied = filesIn('src', ['.json']).filter((path) => !path.startsWith('src/dashboards/'));
    assert.deepEqual(copied, ['src/plugin.json']);
  });
});

describe('the built frontend', { skip: missing('frontend') }, () => {
  it('asks Grafana only for what Grafana shares', () => {
    const shared = ['@emotion/css', '@grafana/data', '@grafana/runtime', '@grafana/ui', 'lodash', 'module', 'react'];
    const also = ['react-dom', 'react/jsx-runtime', 'rxjs'];
    const [, names] = /define\(\s*(?:"[^"]*",\s*)?\[([^\]]*)\]/.exec(read('dist/module.js')) ?? [];
    assert.ok(names);
    const asked = [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
    assert.ok(asked.length > 3);
    assert.deepEqual(
      asked.filter((name) => ![...shared, ...also].includes(name)),
      []
    );
  });

  it('is small, mapped, and carries its pages', () => {
    const kilobytes = statSync(inRepository('dist/module.js')).size / 1024;
    assert.ok(kilobytes < 100, `module.js has ${Math.round(kilobytes)} KB`);
    for (const file of [
      'module.js.map',
      'plugin.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      plugin.info.logos.small,
    ]) {
      assert.ok(existsSync(inRepository(`dist/${file}`)), file);
    }
    const { version } = json<{ version: string }>('package.json');
    assert.equal(json<PluginJson>('dist/plugin.json').info.version, version);
  });
});

describe('the built backend', { skip: missing('backend') }, () => {
  it('can be executed and is listed with its sources', () => {
    assert.equal(statSync(backendBinary).mode & 0o777, 0o755);
    const manifest = read('dist/go_plugin_build_manifest');
    for (const path of filesIn('pkg', ['.go']).filter((file) => !file.endsWith('_test.go'))) {
      assert.ok(manifest.includes(path), `${path} is not in the manifest: build the backend anew`);
    }
  });
});
