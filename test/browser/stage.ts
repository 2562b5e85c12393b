import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBackend, type Backend, type DataSource } from '../plugin-host/backend.js';
import { startFakeAnalyzer, type FakeAnalyzer } from '../plugin-host/fakeAnalyzer.js';
import { startMiniGrafana, type MiniGrafana } from '../plugin-host/miniGrafana.js';
import { inRepository, pluginFolder } from '../plugin-host/paths.js';
import { buildHost, grafanaLibraries } from './buildHost.js';
import { launchChromium } from './chromium.js';
import type { HostApi } from './hostApi.js';

declare global {
  // In the page; see host/main.tsx.
  var host: HostApi;
}

/** Everything between the browser and the analyzer, running. */
export interface Stage {
  /** Undefined with a real analyzer. */
  analyzer: FakeAnalyzer | undefined;
  /** Opens the page with the plugin loaded. Errors on its console are collected. */
  open(width: number, height?: number, theme?: 'dark' | 'light'): Promise<{ page: Page; errors: string[] }>;
  screenshot(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

/** Files of Grafana itself that its npm packages leave out. */
const notOurs = /\/favicon\.ico$|\/public\/(fonts|build\/img)\//;

/** What the browser says that is not about the plugin. */
const harmless = [
  /^Failed to load resource/,
  /Could not create web worker/,
  /React DevTools/,
  /ReactDOM\.render is no longer supported/,
];

/** Starts backend, mini-Grafana and browser in front of an analyzer: TCPSCOPE_URL (with TCPSCOPE_TOKEN), or the fake. */
export async function startStage(): Promise<Stage> {
  const url = process.env.TCPSCOPE_URL;
  const token = process.env.TCPSCOPE_TOKEN;
  const closing: Array<() => Promise<unknown>> = [];
  const close = async () => {
    for (const one of closing.reverse()) {
      await one();
    }
  };
  try {
    const host = await buildHost();
    const analyzer = url === undefined ? await startFakeAnalyzer() : undefined;
    closing.push(async () => analyzer?.close());
    const backend: Backend = await startBackend();
    closing.push(() => backend.stop());
    const datasource: DataSource = {
      uid: 'tcpevents',
      name: 'TCP Events',
      url: url ?? analyzer?.url ?? '',
      ...(token !== undefined && { secureJsonData: { token } }),
    };
    const files = {
      '/': host,
      '/plugin/': pluginFolder,
      '/public/build/img/icons/': join(grafanaLibraries, 'node_modules/@grafana/ui/dist/public/img/icons'),
    };
    const grafana: MiniGrafana = await startMiniGrafana({ backend, datasource, files });
    closing.push(() => grafana.close());
    const browser: Browser = await launchChromium();
    closing.push(() => browser.close());

    return {
      analyzer,
      close,
      async open(width, height = 800, theme = 'dark') {
        const page = await browser.newPage({ locale: 'en-US', timezoneId: 'UTC', viewport: { width, height } });
        page.setDefaultTimeout(10_000);
        const errors: string[] = [];
        page.on('response', (response) => {
          if (response.status() >= 500 || (response.status() === 404 && !notOurs.test(response.url()))) {
            errors.push(`${response.status()} ${response.url()}`);
          }
        });
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error' && !harmless.some((pattern) => pattern.test(message.text()))) {
            errors.push(message.text());
          }
        });
        await page.goto(`${grafana.url}/?theme=${theme}`);
        await page.waitForFunction(() => globalThis.host !== undefined);
        await page.evaluate(() => globalThis.host.open());
        return { page, errors };
      },
      async screenshot(page, name) {
        const folder = inRepository(
          `test-results/screenshots${process.env.GRAFANA_LIBRARIES === 'older' ? '-older' : ''}`
        );
        mkdirSync(folder, { recursive: true });
        await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
