import { expect, test } from '@grafana/plugin-e2e';
import { provisioned, withoutGrafana } from './grafana';

test.skip(...withoutGrafana);

test('a variable lists the values of a field', async ({ variableEditPage, readProvisionedDataSource, page }) => {
  const { name } = await readProvisionedDataSource(provisioned);
  await variableEditPage.setVariableType('Query');
  await variableEditPage.datasource.set(name);
  await page.getByRole('combobox', { name: 'Field' }).click();
  await page.getByRole('option', { name: /^server\.port/ }).click();
  await variableEditPage.runQuery();
  await expect(variableEditPage).toDisplayPreviews([/^\d+$/]);
});
