import { dirname } from 'node:path';
import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';

/**
 * Tests in a real Grafana that has the plugin and the provisioning of this repository, and an analyzer behind it:
 * GRAFANA_URL=http://localhost:3000 npx playwright test. Without GRAFANA_URL every test is skipped and says so; what can be
 * proven without Grafana is in test/plugin-host and test/browser.
 */
const url = process.env.GRAFANA_URL;
const auth = `${dirname(require.resolve('@grafana/plugin-e2e'))}/auth`;
const executablePath = process.env.CHROMIUM_PATH;
const chrome = { ...devices['Desktop Chrome'], ...(executablePath && { launchOptions: { executablePath } }) };

export default defineConfig<PluginOptions>({
  testDir: './test/e2e',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 2 : 0,
  reporter: process.env.CI ? [['list'], ['html', { open: 'never' }]] : 'list',
  use: { baseURL: url ?? 'http://localhost:3000', trace: 'on-first-retry', provisioningRootDir: './provisioning' },
  projects: url
    ? [
        { name: 'auth', testDir: auth, testMatch: [/.*\.js/] },
        { name: 'chromium', use: { ...chrome, storageState: 'playwright/.auth/admin.json' }, dependencies: ['auth'] },
      ]
    : [{ name: 'chromium', use: chrome }],
});
