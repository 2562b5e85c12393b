/** The file under provisioning/datasources that the tests read. */
export const provisioned = { fileName: 'datasources.yml' };

/** For the top of each file: `test.skip(...withoutGrafana)`. */
export const withoutGrafana = [!process.env.GRAFANA_URL, 'needs a Grafana with the plugin: set GRAFANA_URL'] as const;
