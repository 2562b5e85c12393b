import { expect, test } from '@grafana/plugin-e2e';
import { provisioned, withoutGrafana } from './grafana';

test.skip(...withoutGrafana);

test('an alert rule on resets can be evaluated', async ({ alertRuleEditPage, readProvisionedDataSource, page }) => {
  const { name } = await readProvisionedDataSource(provisioned);
  await alertRuleEditPage.alertRuleNameField.fill('Server resets');
  const row = await alertRuleEditPage.getQueryRow();
  await row.datasource.set(name);
  await expect(page.getByRole('textbox', { name: 'Filter' })).toBeVisible();
  await expect(alertRuleEditPage.evaluate()).toBeOK();
});
