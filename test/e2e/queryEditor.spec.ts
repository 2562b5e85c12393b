import { expect, test } from '@grafana/plugin-e2e';
import { provisioned, withoutGrafana } from './grafana';

test.skip(...withoutGrafana);

test('a new panel asks for resets over time', async ({ panelEditPage, readProvisionedDataSource }) => {
  const { name } = await readProvisionedDataSource(provisioned);
  await panelEditPage.datasource.set(name);
  await panelEditPage.setVisualization('Time series');
  await expect(panelEditPage.refreshPanel()).toBeOK();
  const row = panelEditPage.getQueryEditorRow('A');
  await expect(row.getByText('rst.ratio.srv').first()).toBeVisible();
});

test('a wrong filter is told at its place, and in the panel', async ({ panelEditPage, readProvisionedDataSource }) => {
  const { name } = await readProvisionedDataSource(provisioned);
  await panelEditPage.datasource.set(name);
  const row = panelEditPage.getQueryEditorRow('A');
  const filter = row.getByRole('textbox', { name: 'Filter' });
  await filter.fill('rst.cuont > 0');
  await filter.press('Enter');
  await expect(row.getByTestId('filter-verdict').locator('mark')).toHaveText('rst.cuont');
  await expect(panelEditPage.refreshPanel()).not.toBeOK();
  await row.getByRole('button', { name: 'Use rst.count' }).click();
  await expect(panelEditPage.refreshPanel()).toBeOK();
});

test('the top clients are a table', async ({ panelEditPage, readProvisionedDataSource, page }) => {
  const { name } = await readProvisionedDataSource(provisioned);
  await panelEditPage.datasource.set(name);
  await panelEditPage.setVisualization('Table');
  await panelEditPage.getQueryEditorRow('A').getByRole('combobox', { name: 'Show' }).click();
  await page.getByRole('option', { name: /^Top/ }).click();
  await expect(panelEditPage.refreshPanel()).toBeOK();
  await expect(panelEditPage.panel.fieldNames).toContainText(['client.ip', 'rst.count.srv']);
});

test('Explore runs a query', async ({ explorePage, readProvisionedDataSource }) => {
  const { name } = await readProvisionedDataSource(provisioned);
  await explorePage.datasource.set(name);
  await expect(explorePage.runQuery()).toBeOK();
});
