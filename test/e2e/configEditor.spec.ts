import { expect, test } from '@grafana/plugin-e2e';
import { provisioned, withoutGrafana } from './grafana';

test.skip(...withoutGrafana);

test('Save & test reports the analyzer’s version', async ({
  createDataSourceConfigPage,
  readProvisionedDataSource,
  page,
}) => {
  const { type, url } = await readProvisionedDataSource(provisioned);
  const config = await createDataSourceConfigPage({ type });
  await page.getByRole('textbox', { name: 'Data source connection URL' }).fill(url ?? '');
  await expect(config.saveAndTest()).toBeOK();
  await expect(config).toHaveAlert('success', { hasText: /tcpscope \S+ answers/ });
});

test('Save & test says that nothing listens', async ({
  createDataSourceConfigPage,
  readProvisionedDataSource,
  page,
}) => {
  const { type } = await readProvisionedDataSource(provisioned);
  const config = await createDataSourceConfigPage({ type });
  await page.getByRole('textbox', { name: 'Data source connection URL' }).fill('http://127.0.0.1:1');
  await expect(config.saveAndTest()).not.toBeOK();
  await expect(config).toHaveAlert('error', { hasText: 'Nothing listens' });
});

test('the settings can be used without a mouse or eyes', async ({
  createDataSourceConfigPage,
  readProvisionedDataSource,
  scanForA11yViolations,
}) => {
  const { type } = await readProvisionedDataSource(provisioned);
  await createDataSourceConfigPage({ type });
  const { violations } = await scanForA11yViolations();
  expect(violations.filter((violation: { impact?: string | null }) => violation.impact === 'critical')).toEqual([]);
});
